package io.annals.archive;

import java.nio.ByteBuffer;
import java.util.zip.Deflater;

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

    /// @param level from [SeekableTarWriter#MIN_LEVEL], the fastest, to
    ///   [SeekableTarWriter#MAX_LEVEL]
    static ChunkDeflater of(int level) {
        return level == SeekableTarWriter.MIN_LEVEL ? new GreedyDeflater() : jdk(level);
    }

    /// The JDK's zlib.
    static ChunkDeflater jdk(int level) {
        Deflater deflater = new Deflater(level, true);
        return new ChunkDeflater() {
            @Override
            public int deflate(ByteBuffer source, byte[] target, int limit) {
                deflater.reset();
                deflater.setInput(source.duplicate());
                deflater.finish();
                int length = 0;
                while (!deflater.finished() && length < limit) {
                    length += deflater.deflate(target, length, limit - length);
                }
                return deflater.finished() ? length : -1;
            }

            @Override
            public void close() {
                deflater.end();
            }
        };
    }
}
