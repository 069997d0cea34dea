package io.annals.query;

import java.util.OptionalInt;

/// What a caller asked for cannot be answered as asked: names the parameter, what is wrong with it
/// and what is allowed. Becomes status 400 over HTTP.
public final class BadRequestException extends Exception {
    private static final long serialVersionUID = 1;

    private final String parameter;
    private final int position;

    public BadRequestException(String parameter, String message) {
        this(parameter, message, -1);
    }

    /// @param position index of the character in the query string that is at fault
    BadRequestException(String parameter, String message, int position) {
        super(message);
        this.parameter = parameter;
        this.position = position;
    }

    public String parameter() {
        return parameter;
    }

    /// Index of the offending character, empty if the value as a whole is at fault.
    public OptionalInt position() {
        return position < 0 ? OptionalInt.empty() : OptionalInt.of(position);
    }
}
