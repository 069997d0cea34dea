package io.annals.archive;

/// The object store has no room for the object. Retriable: room may be made.
public final class StoreFullException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    public StoreFullException(String key, Throwable cause) {
        super(key, "cannot be created: no space left in the store", true, cause);
    }
}
