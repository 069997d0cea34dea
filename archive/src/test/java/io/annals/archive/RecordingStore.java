package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Objects in memory, with every ranged read written down, and with faults on request.
final class RecordingStore implements ObjectStore {
    final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    final List<Read> reads = new CopyOnWriteArrayList<>();
    final List<Span> spans = new CopyOnWriteArrayList<>();
    volatile long delayMs;
    volatile boolean failing;

    record Read(String key, long position, int length) {}

    /// When somebody was busy, by `System.nanoTime`.
    record Span(long from, long to) {
        long nanos() {
            return to - from;
        }

        long common(Span other) {
            return Math.max(0, Math.min(to, other.to) - Math.max(from, other.from));
        }
    }

    /// What was read since the last call.
    List<Read> drainReads() {
        List<Read> drained = new ArrayList<>(reads);
        reads.clear();
        return drained;
    }

    static long bytes(List<Read> reads) {
        return reads.stream().mapToLong(Read::length).sum();
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return objects.putIfAbsent(key, Files.readAllBytes(file)) == null;
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) {
        return objects.putIfAbsent(key, bytes.clone()) == null;
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        reads.add(new Read(key, position, length));
        long begin = System.nanoTime();
        try {
            Thread.sleep(delayMs);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        spans.add(new Span(begin, System.nanoTime()));
        if (failing) {
            throw new ObjectStoreException(key, "is out of reach", true);
        }
        byte[] bytes = object(key);
        if (position + length > bytes.length) {
            throw new CorruptObjectException(
                    key, "object", (position + length) + " bytes", bytes.length + " bytes");
        }
        return ByteBuffer.wrap(bytes, (int) position, length).slice();
    }

    @Override
    public long size(String key) throws IOException {
        return object(key).length;
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) {
        new TreeMap<>(objects)
                .forEach((key, bytes) -> {
                    if (key.startsWith(prefix)) {
                        consumer.accept(new ObjectInfo(key, bytes.length, 0));
                    }
                });
    }

    @Override
    public void delete(String key) {
        objects.remove(key);
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) {
        return 0;
    }

    @Override
    public void close() {}

    private byte[] object(String key) throws NoSuchObjectException {
        byte[] bytes = objects.get(key);
        if (bytes == null) {
            throw new NoSuchObjectException(key);
        }
        return bytes;
    }
}
