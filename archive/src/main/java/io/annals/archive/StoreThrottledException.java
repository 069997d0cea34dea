package io.annals.archive;

/// The object store asks for fewer requests, or is busy. Retriable, later.
public final class StoreThrottledException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    public StoreThrottledException(String key, String message, Throwable cause) {
        super(key, message, true, cause);
    }
}
