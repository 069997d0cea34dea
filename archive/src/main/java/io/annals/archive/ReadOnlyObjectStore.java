package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/// An object store that another server writes: every attempt to change it fails before it reaches
/// the store. Thread-safe.
public final class ReadOnlyObjectStore implements ObjectStore {
    private final ObjectStore store;

    /// @param store closed with this one
    public ReadOnlyObjectStore(ObjectStore store) {
        this.store = store;
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
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return store.read(key, position, length);
    }

    @Override
    public long size(String key) throws IOException {
        return store.size(key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        store.list(prefix, consumer);
    }

    @Override
    public void delete(String key) throws IOException {
        throw refused(key, "deleted");
    }

    @Override
    public void close() throws IOException {
        store.close();
    }

    private static ObjectStoreException refused(String key, String what) {
        return new ObjectStoreException(
                key,
                "cannot be %s: the archive was opened for reading only".formatted(what),
                false);
    }
}
