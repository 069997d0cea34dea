package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Packs the bytes of one tar entry into gzip members. Confined to one thread.
interface EntryOutput {

    /// Takes position to limit of `bytes`; chunks are cut anywhere.
    void write(ByteBuffer bytes) throws IOException;

    /// Takes position to limit of `bytes` into one chunk, which may hold others before and after.
    ///
    /// @param packed whether they are compressed already
    void writeWhole(ByteBuffer bytes, boolean packed) throws IOException;

    /// Writes what is left; the table describes everything that was written.
    ChunkTable finish() throws IOException;
}
