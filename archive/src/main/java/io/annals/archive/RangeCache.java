package io.annals.archive;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.Optional;

/// What stands between the memory caches and the object store: ranges of objects that were read
/// before, and were right. Objects never change under their name, so nothing here is ever stale.
/// Thread-safe; calls may block on a local disk.
public interface RangeCache extends Closeable {
    /// Keeps nothing.
    RangeCache NONE = new Nothing();

    /// Bytes `[position, position + length)` of the object, if all of them are here and sound.
    ///
    /// @param object its key and what tells its content from any other under that key
    Optional<ByteBuffer> get(String object, long position, int length);

    /// Keeps a range that was verified by its reader. Best effort: a failure loses the range, no
    /// more.
    void put(String object, long position, ByteBuffer bytes);

    Counts counts();

    /// Whether anything put here is ever kept.
    boolean isKeeping();

    @Override
    void close();

    /// @param hits ranges that were here
    /// @param misses ranges that were not
    /// @param hitBytes bytes of the hits
    /// @param bytes kept now
    /// @param evictions ranges that gave way to others
    /// @param damaged ranges that were not what was put, and were deleted
    /// @param failures ranges that could not be written or read
    record Counts(
            long hits,
            long misses,
            long hitBytes,
            long bytes,
            long evictions,
            long damaged,
            long failures) {}

    /// See [#NONE].
    final class Nothing implements RangeCache {
        private Nothing() {}

        @Override
        public Optional<ByteBuffer> get(String object, long position, int length) {
            return Optional.empty();
        }

        @Override
        public void put(String object, long position, ByteBuffer bytes) {}

        @Override
        public Counts counts() {
            return new Counts(0, 0, 0, 0, 0, 0, 0);
        }

        @Override
        public boolean isKeeping() {
            return false;
        }

        @Override
        public void close() {}
    }
}
