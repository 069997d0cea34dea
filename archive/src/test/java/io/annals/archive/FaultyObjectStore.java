package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A test fixture: an object store that fails as real ones do, at random from a seed or at a chosen
/// operation. Closing it does not close the store behind it. Thread-safe; only with one thread is a
/// run the same for the same seed.
public final class FaultyObjectStore implements ObjectStore {
    private final ObjectStore store;
    private final Random random;
    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    private long operations;
    private long operationsUntilCrash = Long.MAX_VALUE;
    private final Map<String, List<ObjectInfo>> frozenListings = new HashMap<>();
    private long operationsUntilFault = Long.MAX_VALUE;
    private Fault nextFault = Fault.FAIL_BEFORE;
    private boolean crashed;

    /// What can go wrong.
    public enum Fault {
        /// The operation fails and has no effect; retriable.
        FAIL_BEFORE,
        /// The operation has its effect, but fails: the answer is lost; retriable.
        LOST_ANSWER,
        /// A read finds fewer bytes than it must.
        SHORT_READ,
        /// A read returns bytes of which one bit is wrong.
        FLIPPED_BIT
    }

    public FaultyObjectStore(ObjectStore store, long seed) {
        this.store = store;
        this.random = new Random(seed);
    }

    /// From now on operations fail in this way with this probability.
    public synchronized FaultyObjectStore with(Fault fault, double probability) {
        probabilities.put(fault, probability);
        return this;
    }

    /// The operation after `succeeding` further ones fails in this way, once. A fault that does not
    /// fit the operation (a short read of a delete) has no effect.
    public synchronized FaultyObjectStore failAfter(long succeeding, Fault fault) {
        operationsUntilFault = succeeding;
        nextFault = fault;
        return this;
    }

    /// The operation after `succeeding` further ones, and every one after it, throws: as if the
    /// process had ended. Half of the time, by the seed, the operation had its effect before.
    public synchronized FaultyObjectStore crashAfter(long succeeding) {
        operationsUntilCrash = succeeding;
        return this;
    }

    /// From now on listings of this prefix tell what is there now: not what comes, and still what
    /// goes.
    public synchronized void freezeListing(String prefix) throws IOException {
        List<ObjectInfo> frozen = new ArrayList<>();
        store.list(prefix, frozen::add);
        frozenListings.put(prefix, frozen);
    }

    private synchronized @Nullable List<ObjectInfo> frozenListing(String prefix) {
        return frozenListings.get(prefix);
    }

    /// All faults are over, a crash too.
    public synchronized void heal() {
        probabilities.clear();
        frozenListings.clear();
        operationsUntilCrash = Long.MAX_VALUE;
        operationsUntilFault = Long.MAX_VALUE;
        crashed = false;
    }

    /// How many operations were begun.
    public synchronized long operations() {
        return operations;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return during(key, () -> store.createIfAbsent(key, file));
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        return during(key, () -> store.createIfAbsent(key, bytes));
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return during(key, () -> store.read(key, position, length));
    }

    @Override
    public long size(String key) throws IOException {
        return during(key, () -> store.size(key));
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        during(
                prefix,
                () -> {
                    List<ObjectInfo> frozen = frozenListing(prefix);
                    if (frozen == null) {
                        store.list(prefix, consumer);
                    } else {
                        frozen.forEach(consumer);
                    }
                    return true;
                });
    }

    @Override
    public void delete(String key) throws IOException {
        during(
                key,
                () -> {
                    store.delete(key);
                    return true;
                });
    }

    @Override
    public void close() {}

    private <T> T during(String key, Operation<T> operation) throws IOException {
        Plan plan = plan(key);
        if (plan.failsBefore) {
            throw new ObjectStoreException(key, "injected: refused", true);
        }
        T result = operation.run();
        if (plan.failsAfter) {
            throw new ObjectStoreException(key, "injected: the answer is lost", true);
        }
        if (plan.damages && result instanceof ByteBuffer bytes && bytes.hasRemaining()) {
            damage(key, bytes, plan.isShort);
        }
        return result;
    }

    private synchronized Plan plan(String key) throws IOException {
        if (crashed) {
            throw new ObjectStoreException(key, "injected: the process has crashed", false);
        }
        operations++;
        if (operationsUntilCrash-- == 0) {
            crashed = true;
            return random.nextBoolean() ? Plan.BEFORE : Plan.AFTER;
        }
        if (operationsUntilFault-- == 0) {
            return Plan.of(nextFault);
        }
        for (Map.Entry<Fault, Double> fault : probabilities.entrySet()) {
            if (random.nextDouble() < fault.getValue()) {
                return Plan.of(fault.getKey());
            }
        }
        return Plan.NONE;
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        return store.abortUploads(prefix, beforeMs);
    }

    private synchronized void damage(String key, ByteBuffer bytes, boolean isShort)
            throws IOException {
        if (isShort) {
            throw new CorruptObjectException(
                    key,
                    "range",
                    bytes.remaining() + " bytes",
                    random.nextInt(bytes.remaining()) + " bytes (injected)");
        }
        int at = bytes.position() + random.nextInt(bytes.remaining());
        bytes.put(at, (byte) (bytes.get(at) ^ (1 << random.nextInt(8))));
    }

    @FunctionalInterface
    private interface Operation<T> {
        T run() throws IOException;
    }

    private record Plan(boolean failsBefore, boolean failsAfter, boolean damages, boolean isShort) {
        static final Plan NONE = new Plan(false, false, false, false);
        static final Plan BEFORE = new Plan(true, false, false, false);
        static final Plan AFTER = new Plan(false, true, false, false);

        static Plan of(Fault fault) {
            return switch (fault) {
                case FAIL_BEFORE -> BEFORE;
                case LOST_ANSWER -> AFTER;
                case SHORT_READ -> new Plan(false, false, true, true);
                case FLIPPED_BIT -> new Plan(false, false, true, false);
            };
        }
    }
}
