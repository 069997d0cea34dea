package io.annals.wal;

/// The records inside a batch are not what the format allows, or more than the caller's bound.
public final class InvalidRecordsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    InvalidRecordsException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    InvalidRecordsException(String message, Throwable cause) {
        super(message, cause);
        this.reason = Reason.MALFORMED;
    }

    public Reason reason() {
        return reason;
    }

    /// What was wrong with the records.
    public enum Reason {
        /// The bytes do not follow the record format, or a codec refused them.
        MALFORMED,
        /// Uncompressed they are larger than the bound that the caller gave.
        TOO_LARGE
    }
}
