package io.annals.archive;

/// The object is not in the store.
public final class NoSuchObjectException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    public NoSuchObjectException(String key) {
        super(key, "is missing", false);
    }
}
