package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// The object store as the readers see it: ranged reads, counted by purpose. Thread-safe.
final class CountedStore {
    private final ObjectStore store;
    private final Map<ReadPurpose, Counters> counters = new EnumMap<>(ReadPurpose.class);

    CountedStore(ObjectStore store) {
        this.store = store;
        for (ReadPurpose purpose : ReadPurpose.values()) {
            counters.put(purpose, new Counters());
        }
    }

    ByteBuffer read(String key, long position, int length, ReadPurpose purpose) throws IOException {
        Counters counts = counters(purpose);
        counts.requests.increment();
        counts.bytes.add(length);
        ByteBuffer bytes = store.read(key, position, length);
        if (bytes.remaining() != length) {
            throw new CorruptObjectException(
                    key, "range at " + position, length + " bytes", bytes.remaining() + " bytes");
        }
        return bytes;
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
