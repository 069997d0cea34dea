package io.annals.archive;

import java.io.IOException;

/// The object store failed or answered something impossible.
public class ObjectStoreException extends IOException {
    private static final long serialVersionUID = 1;

    private final String key;
    private final boolean retriable;

    public ObjectStoreException(String key, String message, boolean retriable) {
        super("object %s: %s".formatted(key, message));
        this.key = key;
        this.retriable = retriable;
    }

    public ObjectStoreException(String key, String message, boolean retriable, Throwable cause) {
        super("object %s: %s".formatted(key, message), cause);
        this.key = key;
        this.retriable = retriable;
    }

    public String key() {
        return key;
    }

    public boolean retriable() {
        return retriable;
    }
}
