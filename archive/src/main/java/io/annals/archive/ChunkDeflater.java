package io.annals.archive;

import java.nio.ByteBuffer;

/// The port to a deflate implementation. The same input must give the same output. Confined to one
/// thread.
interface ChunkDeflater extends AutoCloseable {

    /// Raw deflate data (no zlib or gzip framing) of `source`, position to limit, which are not
    /// changed, into `target` from 0.
    ///
    /// @return length of the deflate data, or -1 if it does not fit into `limit` bytes
    int deflate(ByteBuffer source, byte[] target, int limit);

    @Override
    void close();

    /// The JDK's zlib: with Huffman codes alone if looking for repeats does not pay.
    static ChunkDeflater jdk(int level) {
        return new ZlibDeflater(level);
    }
}
