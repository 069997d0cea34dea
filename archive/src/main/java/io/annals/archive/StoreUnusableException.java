package io.annals.archive;

/// The object store cannot be used as it is set up: credentials, permissions, bucket, region or
/// clock are wrong, or the store does not do what we need. The message names the cure; until its
/// operator acts, no retry makes sense.
public final class StoreUnusableException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    public StoreUnusableException(String key, String message) {
        super(key, message, false);
    }

    public StoreUnusableException(String key, String message, Throwable cause) {
        super(key, message, false, cause);
    }
}
