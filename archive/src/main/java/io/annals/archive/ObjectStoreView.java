package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/// Another store's objects. Subclasses change what some calls do; the others go through as they
/// are. As thread-safe as the other store, which is closed with this one.
class ObjectStoreView implements ObjectStore {
    private final ObjectStore store;

    ObjectStoreView(ObjectStore store) {
        this.store = store;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return store.createIfAbsent(key, file);
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        return store.createIfAbsent(key, bytes);
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
    public void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        store.list(prefix, consumer, strangers);
    }

    @Override
    public void delete(String key) throws IOException {
        store.delete(key);
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        return store.abortUploads(prefix, beforeMs);
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
