package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A test fixture: another store's objects, with every ranged read written down. Closing it does
/// not close the other store. Thread-safe.
public final class RecordedReads extends ObjectStoreView {
    private final List<Read> reads = new CopyOnWriteArrayList<>();

    public RecordedReads(ObjectStore store) {
        super(store);
    }

    /// A ranged read.
    public record Read(String key, long position, int length) {
        public boolean isTailOf(ArchiveObject object) {
            return position == object.tailPosition() && position + length == object.sizeBytes();
        }
    }

    /// Since the start, or since they were forgotten.
    public List<Read> reads() {
        return List.copyOf(reads);
    }

    public List<Read> reads(String key) {
        return reads.stream().filter(read -> read.key.equals(key)).toList();
    }

    public void forgetReads() {
        reads.clear();
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        reads.add(new Read(key, position, length));
        return super.read(key, position, length);
    }

    @Override
    public void close() {}
}
