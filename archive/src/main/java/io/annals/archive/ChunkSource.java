package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;

/// The chunks of one entry of one open object: where they come from and how they are unpacked.
///
/// @param object the object
record ChunkSource(ArchiveObject object, TocEntry entry, Tail tail) {

    ChunkCache.ChunkKey key(int chunk) {
        return new ChunkCache.ChunkKey(object.key(), position(chunk));
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
        return ChunkDecoder.decode(object.key(), entry, chunk, packed);
    }

    /// Unpacks what did not fit its checksum and may have been damaged on its way: it is read once
    /// more, from the store.
    ///
    /// @throws CorruptObjectException if it does not fit now, either
    byte[] decodeAgain(int chunk, CountedStore store, ReadPurpose purpose) throws IOException {
        store.again();
        int length = entry.chunks().storedLength(chunk);
        return decode(chunk, store.read(object.key(), position(chunk), length, purpose));
    }

    /// Lets the packed bytes of chunks from `chunk` on be kept, which were all decoded; those of
    /// the tail are kept with it.
    void keep(int chunk, ByteBuffer packed, CountedStore store) {
        if (!tail.covers(position(chunk))) {
            store.keep(object, position(chunk), packed);
        }
    }

    private long position(int chunk) {
        return entry.position() + entry.chunks().storedStart(chunk);
    }
}
