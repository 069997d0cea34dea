package io.annals.archive;

import java.io.IOException;
import java.nio.file.Path;

/// An object store that another server writes: every attempt to change it fails before it reaches
/// the store. Thread-safe.
public final class ReadOnlyObjectStore extends ObjectStoreView {
    /// @param store closed with this one
    public ReadOnlyObjectStore(ObjectStore store) {
        super(store);
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        throw refused(key, "created");
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        throw refused(key, "created");
    }

    @Override
    public void delete(String key) throws IOException {
        throw refused(key, "deleted");
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        throw refused(prefix, "cleaned");
    }

    private static ObjectStoreException refused(String key, String what) {
        return new ObjectStoreException(
                key,
                "cannot be %s: the archive was opened for reading only".formatted(what),
                false);
    }
}
