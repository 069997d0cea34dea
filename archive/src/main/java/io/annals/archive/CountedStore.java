package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/// The object store as the readers see it: ranged reads, counted by purpose. Thread-safe.
final class CountedStore {
    /// Of an object's hash this much tells its content from any other under its key.
    private static final int HASH_DIGITS = 16;

    private final ObjectStore store;

    /// For passes over whole objects.
    private final ObjectStore patient;

    private final RangeCache ranges;
    private final Map<ReadPurpose, Counters> counters = new EnumMap<>(ReadPurpose.class);

    private final LongAdder rereads = new LongAdder();

    /// @param ranges is asked before the store
    CountedStore(ObjectStore store, RangeCache ranges) {
        this.store = store;
        this.patient = new PatientObjectStore(store);
        this.ranges = ranges;
        for (ReadPurpose purpose : ReadPurpose.values()) {
            counters.put(purpose, new Counters());
        }
    }

    /// As below; what was kept of a catalogued object is not read again, unless to look at what the
    /// store has.
    ByteBuffer read(ArchiveObject object, long position, int length, ReadPurpose purpose)
            throws IOException {
        if (purpose != ReadPurpose.SCAN && !object.sha256().isEmpty()) {
            Optional<ByteBuffer> kept = ranges.get(name(object), position, length);
            if (kept.isPresent()) {
                return kept.get();
            }
        }
        return read(object.key(), position, length, purpose);
    }

    /// Keeps bytes of a catalogued object that its reader found to be right.
    void keep(ArchiveObject object, long position, ByteBuffer bytes) {
        if (!object.sha256().isEmpty()) {
            ranges.put(name(object), position, bytes);
        }
    }

    private static String name(ArchiveObject object) {
        String hash = object.sha256();
        return object.key() + "#" + hash.substring(0, Math.min(HASH_DIGITS, hash.length()));
    }

    ByteBuffer read(String key, long position, int length, ReadPurpose purpose) throws IOException {
        Counters counts = counters(purpose);
        counts.requests.increment();
        counts.bytes.add(length);
        ObjectStore from = purpose == ReadPurpose.SCAN ? patient : store;
        ByteBuffer bytes = from.read(key, position, length);
        if (bytes.remaining() != length) {
            throw new CorruptObjectException(
                    key, "range at " + position, length + " bytes", bytes.remaining() + " bytes");
        }
        return bytes;
    }

    /// Notes that bytes did not fit their checksum and are read once more.
    void again() {
        rereads.increment();
    }

    long rereads() {
        return rereads.sum();
    }

    long size(String key) throws IOException {
        return store.size(key);
    }

    void hit(ReadPurpose purpose) {
        counters(purpose).hits.increment();
    }

    void miss(ReadPurpose purpose) {
        counters(purpose).misses.increment();
    }

    ReadCounts counts(ReadPurpose purpose) {
        Counters counts = counters(purpose);
        return new ReadCounts(
                counts.requests.sum(), counts.bytes.sum(), counts.hits.sum(), counts.misses.sum());
    }

    private Counters counters(ReadPurpose purpose) {
        Counters found = counters.get(purpose);
        if (found == null) {
            throw new IllegalStateException("no counters for " + purpose);
        }
        return found;
    }

    private static final class Counters {
        final LongAdder requests = new LongAdder();
        final LongAdder bytes = new LongAdder();
        final LongAdder hits = new LongAdder();
        final LongAdder misses = new LongAdder();
    }
}
