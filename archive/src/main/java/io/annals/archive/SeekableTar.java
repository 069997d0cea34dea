package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// An open archive object: its table of contents, and ranged reads of its entries.
///
/// Thread-safe. Holds no handle of its own: every read goes through the shared chunk cache.
public interface SeekableTar {

    ArchiveObject object();

    List<Entry> entries();

    Optional<Entry> entry(String name);

    /// Bytes of an entry as tar would extract it, `[position, position + length)`, verified.
    ///
    /// @throws CorruptObjectException if a chunk's checksum does not fit
    void read(Entry entry, long position, byte[] target, int targetOffset, int length)
            throws IOException;

    /// The cached, verified, uncompressed chunk that holds `position`; shared, do not write to it.
    Chunk chunk(Entry entry, long position) throws IOException;

    /// Starts loading the missing chunks of a range as one ranged read, in the background.
    void prefetch(Entry entry, long position, long length);

    /// @param sizeBytes uncompressed
    record Entry(int index, String name, long sizeBytes) {}

    /// @param start position of the chunk's first byte in its entry
    record Chunk(long start, byte[] bytes) {}
}
