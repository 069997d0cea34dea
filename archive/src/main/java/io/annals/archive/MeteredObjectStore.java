package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// An object store that counts what it is asked to do. Thread-safe.
public final class MeteredObjectStore implements ObjectStore {
    private final ObjectStore store;
    private final Map<Operation, Counters> counters = new EnumMap<>(Operation.class);

    public MeteredObjectStore(ObjectStore store) {
        this.store = store;
        for (Operation operation : Operation.values()) {
            counters.put(operation, new Counters());
        }
    }

    /// What a store can do. One of them may be several requests on the network: large objects go up
    /// in parts, lists come in pages, and what fails is tried again.
    public enum Operation {
        READ,
        CREATE,
        SIZE,
        LIST,
        DELETE,
        ABORT
    }

    /// Since the start.
    ///
    /// @param calls those that failed too
    /// @param failures calls that ended in an exception, a missing object among them
    /// @param bytes asked for by reads, offered by creations
    /// @param nanos time that callers waited, all together
    public record Counts(long calls, long failures, long bytes, long nanos) {}

    public Counts counts(Operation operation) {
        Counters of = of(operation);
        return new Counts(of.calls.sum(), of.failures.sum(), of.bytes.sum(), of.nanos.sum());
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return metered(Operation.CREATE, Files.size(file), () -> store.createIfAbsent(key, file));
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        return metered(Operation.CREATE, bytes.length, () -> store.createIfAbsent(key, bytes));
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return metered(Operation.READ, length, () -> store.read(key, position, length));
    }

    @Override
    public long size(String key) throws IOException {
        return metered(Operation.SIZE, 0, () -> store.size(key));
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        list(prefix, consumer, _ -> {});
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        metered(
                Operation.LIST,
                0,
                () -> {
                    store.list(prefix, consumer, strangers);
                    return true;
                });
    }

    @Override
    public void delete(String key) throws IOException {
        metered(
                Operation.DELETE,
                0,
                () -> {
                    store.delete(key);
                    return true;
                });
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        return metered(Operation.ABORT, 0, () -> store.abortUploads(prefix, beforeMs));
    }

    @Override
    public void close() throws IOException {
        store.close();
    }

    private <T> T metered(Operation operation, long bytes, Call<T> call) throws IOException {
        Counters of = of(operation);
        of.calls.increment();
        of.bytes.add(bytes);
        boolean done = false;
        long begin = System.nanoTime();
        try {
            T result = call.run();
            done = true;
            return result;
        } finally {
            of.nanos.add(System.nanoTime() - begin);
            if (!done) {
                of.failures.increment();
            }
        }
    }

    private Counters of(Operation operation) {
        Counters found = counters.get(operation);
        if (found == null) {
            throw new IllegalStateException("no counters for " + operation);
        }
        return found;
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws IOException;
    }

    private static final class Counters {
        final LongAdder calls = new LongAdder();
        final LongAdder failures = new LongAdder();
        final LongAdder bytes = new LongAdder();
        final LongAdder nanos = new LongAdder();
    }
}
