package io.annals.archive;

/// An archive object whose bytes are not what was written: names object, entry and what did not
/// fit.
public class CorruptObjectException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    public CorruptObjectException(String key, String where, String expected, String actual) {
        super(
                key,
                "%s is corrupt: expected %s, found %s".formatted(where, expected, actual),
                false);
    }

    /// @param cause what tripped over the bytes
    public CorruptObjectException(String key, String where, String expected, Exception cause) {
        super(
                key,
                "%s is corrupt: expected %s, found %s"
                        .formatted(where, expected, cause.getMessage()),
                false,
                cause);
    }
}
