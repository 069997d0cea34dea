package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

class ZlibDeflaterTest {
    private static final int CHUNK_BYTES = 256 << 10;

    private final Random random = new Random(1);
    private final byte[] target = new byte[2 * CHUNK_BYTES];

    @Test
    void whatRepeatsIsPackedAsBefore() throws Exception {
        StringBuilder lines = new StringBuilder();
        while (lines.length() < CHUNK_BYTES) {
            lines.append("{\"level\":\"INFO\",\"n\":").append(random.nextInt(1_000)).append("}\n");
        }
        byte[] text = lines.toString().getBytes(StandardCharsets.UTF_8);
        int length = deflate(text, target.length);
        assertThat(length).isEqualTo(plain(text));
        assertThat(inflated(length, text.length)).isEqualTo(text);
    }

    @Test
    void whatDoesNotRepeatGetsCodesAloneAndIsSmaller() throws Exception {
        byte[] capitals = new byte[CHUNK_BYTES];
        for (int i = 0; i < capitals.length; i++) {
            capitals[i] = (byte) ('A' + random.nextInt(26));
        }
        int length = deflate(capitals, target.length);
        assertThat(length).isLessThan(plain(capitals));
        assertThat(inflated(length, capitals.length)).isEqualTo(capitals);
        assertThat(deflate(capitals, length + 8)).isEqualTo(length);
        assertThat(deflate(capitals, length - 1)).isEqualTo(-1);
    }

    @Test
    void everySizeComesBackFromEitherKind() throws Exception {
        for (int size = 0; size < 300; size++) {
            byte[] bytes = new byte[size];
            int kinds = 1 + random.nextInt(256);
            for (int i = 0; i < size; i++) {
                bytes[i] = (byte) random.nextInt(kinds);
            }
            assertThat(inflated(deflate(bytes, target.length), size)).isEqualTo(bytes);
        }
    }

    private int deflate(byte[] source, int limit) {
        try (ChunkDeflater deflater = ChunkDeflater.jdk(1)) {
            ByteBuffer buffer = ByteBuffer.wrap(source);
            int length = deflater.deflate(buffer, target, limit);
            assertThat(buffer.remaining()).isEqualTo(source.length);
            return length;
        }
    }

    private static int plain(byte[] source) {
        Deflater deflater = new Deflater(1, true);
        deflater.setInput(source);
        deflater.finish();
        int length = deflater.deflate(new byte[2 * CHUNK_BYTES]);
        deflater.end();
        return length;
    }

    private byte[] inflated(int length, int size) throws DataFormatException {
        Inflater inflater = new Inflater(true);
        inflater.setInput(target, 0, length);
        byte[] bytes = new byte[size];
        int done = inflater.inflate(bytes);
        assertThat(done).isEqualTo(size);
        assertThat(inflater.inflate(new byte[1])).isZero();
        assertThat(inflater.finished()).isTrue();
        inflater.end();
        return bytes;
    }
}
