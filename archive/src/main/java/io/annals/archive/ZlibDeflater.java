package io.annals.archive;

import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/// The JDK's zlib. Text without repeats takes zlib the longest, for nothing: where the beginning of
/// a chunk becomes larger by looking for repeats, its bytes get Huffman codes and no more.
final class ZlibDeflater implements ChunkDeflater {
    private static final int SAMPLE_BYTES = 8 << 10; // 8 KiB

    private final Deflater repeats;
    private final Deflater codesAlone;

    ZlibDeflater(int level) {
        repeats = new Deflater(level, true);
        codesAlone = new Deflater(level, true);
        codesAlone.setStrategy(Deflater.HUFFMAN_ONLY);
    }

    @Override
    public int deflate(ByteBuffer source, byte[] target, int limit) {
        ByteBuffer sample =
                source.slice(source.position(), Math.min(SAMPLE_BYTES, source.remaining()));
        return run(worthRepeats(sample, target) ? repeats : codesAlone, source, target, limit);
    }

    private boolean worthRepeats(ByteBuffer sample, byte[] target) {
        int withRepeats = run(repeats, sample, target, target.length);
        return withRepeats <= 0 || run(codesAlone, sample, target, withRepeats - 1) < 0;
    }

    /// @return length of the deflate data, or -1 if it does not fit into `limit` bytes
    private static int run(Deflater deflater, ByteBuffer source, byte[] target, int limit) {
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
        repeats.end();
        codesAlone.end();
    }
}
