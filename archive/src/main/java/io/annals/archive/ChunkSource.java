package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;

/// The chunks of one entry of one open object: where they come from and how they are unpacked.
///
/// @param object key of the object
record ChunkSource(String object, TocEntry entry, Tail tail) {

    ChunkCache.ChunkKey key(int chunk) {
        return new ChunkCache.ChunkKey(object, position(chunk));
    }

    /// The packed bytes of chunks `[from, to)`; no request if they lie in the tail.
    ByteBuffer packed(int from, int to, CountedStore store, ReadPurpose purpose)
            throws IOException {
        long start = position(from);
        int length =
                Math.toIntExact(position(to - 1) + entry.chunks().storedLength(to - 1) - start);
        return tail.covers(start)
                ? tail.slice(start, length)
                : store.read(object, start, length, purpose);
    }

    byte[] decode(int chunk, ByteBuffer packed) throws CorruptObjectException {
        return ChunkDecoder.decode(object, entry, chunk, packed);
    }

    private long position(int chunk) {
        return entry.position() + entry.chunks().storedStart(chunk);
    }
}
