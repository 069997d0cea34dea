package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// An open archive object: its table of contents, and ranged reads of its entries.
///
/// Thread-safe. Holds no handle of its own: every read goes through the shared chunk cache.
public interface SeekableTar {

    /// Where it is. Its SHA-256 is empty if the object was opened by its key alone.
    ArchiveObject object();

    /// In the order of the tar, without the table of contents.
    List<Entry> entries();

    Optional<Entry> entry(String name);

    /// Bytes of an entry as tar would extract it, `[position, position + length)`, verified.
    ///
    /// @throws CorruptObjectException if a chunk's checksum does not fit
    void read(Entry entry, long position, byte[] target, int targetOffset, int length)
            throws IOException;

    /// A whole small entry, verified.
    ///
    /// @param maxBytes a larger entry is refused
    /// @throws CorruptObjectException if there is no such entry, or a larger one
    byte[] readAll(String name, int maxBytes) throws IOException;

    /// The cached, verified, uncompressed chunk that holds `position`; shared, do not write to it.
    Chunk chunk(Entry entry, long position) throws IOException;

    /// As above; if the chunk is missing, all missing chunks that hold `[from, to)` are read with
    /// it, with as few requests as possible. `position` lies in that range.
    Chunk chunk(Entry entry, long position, long from, long to) throws IOException;

    /// As [#chunk], all chunks that hold `[position, position + length)`; the missing ones are read
    /// with as few requests as possible. `length` is at least 1.
    List<Chunk> chunks(Entry entry, long position, int length) throws IOException;

    /// Starts loading the missing chunks of a range as one ranged read, in the background.
    void prefetch(Entry entry, long position, long length);

    /// As above, the chunks that hold `[from, to)`, if the one that holds `position` is missing.
    void prefetch(Entry entry, long position, long from, long to);

    /// Feeds every chunk of an entry in order, verified, with few large requests and past the
    /// cache: for passing over it once.
    void scan(Entry entry, ChunkVisitor visitor) throws IOException;

    /// @param sizeBytes uncompressed
    record Entry(int index, String name, long sizeBytes) {}

    /// @param start position of the chunk's first byte in its entry
    record Chunk(long start, byte[] bytes) {

        /// Position after the chunk's last byte.
        public long end() {
            return start + bytes.length;
        }
    }

    @FunctionalInterface
    interface ChunkVisitor {
        void chunk(Chunk chunk) throws IOException;
    }
}
