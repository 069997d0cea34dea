package io.annals.server;

/// The node cannot start, for a reason that its operator can mend. The message is the whole story.
public final class StartException extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    public StartException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public StartException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public enum Reason {
        SETTINGS_UNREADABLE,
        CANNOT_LISTEN,
        DATA_DIRECTORY_LOCKED,
        DATA_DIRECTORY_UNUSABLE,
        ARCHIVE_UNUSABLE,
        ARCHIVE_OWNED
    }
}
