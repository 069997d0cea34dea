package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/// An object store on the heap, for tests and for trying things out. Thread-safe.
public final class InMemoryObjectStore implements ObjectStore {
    private final ConcurrentNavigableMap<String, StoredObject> objects =
            new ConcurrentSkipListMap<>();
    private final InstantSource clock;

    public InMemoryObjectStore(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        ObjectKeyRules.check(key);
        return create(key, Files.readAllBytes(file));
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        ObjectKeyRules.check(key);
        return create(key, bytes.clone());
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        byte[] bytes = get(key).bytes;
        ObjectRanges.check(key, position, length, bytes.length);
        byte[] range = new byte[length];
        System.arraycopy(bytes, (int) position, range, 0, length);
        return ByteBuffer.wrap(range);
    }

    @Override
    public long size(String key) throws IOException {
        return get(key).bytes.length;
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) {
        for (Map.Entry<String, StoredObject> entry : objects.tailMap(prefix).entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                return;
            }
            StoredObject object = entry.getValue();
            consumer.accept(
                    new ObjectInfo(entry.getKey(), object.bytes.length, object.modifiedAtMs));
        }
    }

    @Override
    public void delete(String key) throws IOException {
        ObjectKeyRules.check(key);
        objects.remove(key);
    }

    /// None: what is not whole has no name here.
    @Override
    public int abortUploads(String prefix, long beforeMs) {
        return 0;
    }

    @Override
    public void close() {}

    private boolean create(String key, byte[] bytes) {
        return objects.putIfAbsent(key, new StoredObject(bytes, clock.millis())) == null;
    }

    private StoredObject get(String key) throws IOException {
        ObjectKeyRules.check(key);
        StoredObject object = objects.get(key);
        if (object == null) {
            throw new NoSuchObjectException(key);
        }
        return object;
    }

    private record StoredObject(byte[] bytes, long modifiedAtMs) {}
}
