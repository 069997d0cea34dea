package io.annals.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SeededRandom.class)
class GreedyDeflaterTest {
    private static final int[] SIZES = {
        0, 1, 2, 3, 4, 7, 8, 9, 100, 512, 4096, 65_536, 131_071, 131_072, 131_073, 300_000
    };

    private final ChunkDeflater deflater = ChunkDeflater.of(1);

    @Test
    void whateverIsDeflatedInflates(Random random) throws DataFormatException {
        for (int size : SIZES) {
            for (int kind = 0; kind < 6; kind++) {
                assertInflates(content(kind, size, random), "kind %d, %d bytes", kind, size);
            }
        }
    }

    @Test
    void repeatsAtAnyDistanceAndOfAnyLengthInflate(Random random) throws DataFormatException {
        for (int round = 0; round < 200; round++) {
            byte[] content = new byte[random.nextInt(1, 100_000)];
            int at = 0;
            while (at < content.length) {
                int length = Math.min(content.length - at, random.nextInt(1, 600));
                int distance = random.nextInt(1, 40_000);
                for (int i = 0; i < length; i++, at++) {
                    boolean repeats = at >= distance && length > 20;
                    content[at] = repeats ? content[at - distance] : (byte) random.nextInt();
                }
            }
            assertInflates(content, "round %d", round);
        }
    }

    @Test
    void theLimitIsKeptToTheByte(Random random) {
        for (int kind = 0; kind < 6; kind++) {
            byte[] content = content(kind, 200_000, random);
            byte[] target = new byte[300_000];
            int length = deflater.deflate(ByteBuffer.wrap(content), target, target.length);
            byte[] exact = new byte[length];

            assertThat(deflater.deflate(ByteBuffer.wrap(content), exact, length)).isEqualTo(length);
            assertThat(exact).isEqualTo(Arrays.copyOf(target, length));
            assertThat(deflater.deflate(ByteBuffer.wrap(content), exact, length - 1)).isNegative();
        }
    }

    @Test
    void sourceBuffersOfAnyKindStayAsTheyAre(Random random) {
        byte[] content = content(3, 150_000, random);
        byte[] expected = deflated(ByteBuffer.wrap(content));
        ByteBuffer direct = ByteBuffer.allocateDirect(content.length + 20).position(20);
        direct.put(content).position(20);

        assertThat(deflated(direct.asReadOnlyBuffer())).isEqualTo(expected);
        assertThat(deflated(direct)).isEqualTo(expected);
        assertThat(direct.position()).isEqualTo(20);
    }

    @Test
    void recordsPackNoWorseThanWithTheJdkAtItsFastest(Random random) {
        for (int kind = 2; kind < 6; kind++) {
            byte[] content = content(kind, 131_072, random);
            byte[] target = new byte[content.length + 1024];
            int jdk;
            try (ChunkDeflater other = ChunkDeflater.jdk(1)) {
                jdk = other.deflate(ByteBuffer.wrap(content), target, target.length);
            }
            int own = deflater.deflate(ByteBuffer.wrap(content), target, target.length);
            assertThat(own).as("kind %d", kind).isLessThanOrEqualTo(jdk + jdk / 50);
        }
    }

    /// What the format's documentation says of determinism holds for every JDK.
    @Test
    void theSameContentGivesTheSameBytesForever() {
        byte[] content =
                "{\"level\":\"INFO\"}{\"level\":\"WARN\"}{\"level\":\"INFO\"}".getBytes(UTF_8);

        assertThat(deflated(ByteBuffer.wrap(content)))
                .asHexString()
                .isEqualTo("AB56CA492D4BCD51B252F2F473F357AA45F0C31D83FC90F99E7E6EFE4AB500");
    }

    private byte[] deflated(ByteBuffer content) {
        byte[] target = new byte[content.remaining() + 1024];
        int length = deflater.deflate(content, target, target.length);
        return Arrays.copyOf(target, length);
    }

    private static byte[] content(int kind, int size, Random random) {
        byte[] bytes = new byte[size];
        switch (kind) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> Arrays.fill(bytes, (byte) 'x');
            case 2 -> fill(bytes, () -> (byte) ('A' + random.nextInt(26)));
            case 3 -> fillWithRecords(bytes, random);
            case 4 -> fill(bytes, () -> (byte) (random.nextInt(40) == 0 ? random.nextInt() : 0));
            default -> fill(bytes, () -> (byte) Math.abs(random.nextGaussian() * 3));
        }
        return bytes;
    }

    private interface ByteSupplier {
        byte next();
    }

    private static void fill(byte[] bytes, ByteSupplier supplier) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = supplier.next();
        }
    }

    private static void fillWithRecords(byte[] bytes, Random random) {
        StringBuilder text = new StringBuilder();
        while (text.length() < bytes.length) {
            text.append("{\"level\":\"")
                    .append(random.nextInt(3) == 0 ? "WARN" : "INFO")
                    .append("\",\"user\":")
                    .append(random.nextInt(1_000_000))
                    .append(",\"msg\":\"")
                    .append(Integer.toString(random.nextInt(500) * 7919, 36))
                    .append("\"}\n");
        }
        System.arraycopy(text.toString().getBytes(UTF_8), 0, bytes, 0, bytes.length);
    }

    private void assertInflates(byte[] content, String what, Object... arguments)
            throws DataFormatException {
        byte[] deflated = deflated(ByteBuffer.wrap(content));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(deflated);
            byte[] piece = new byte[64 * 1024];
            while (!inflater.finished()) {
                int length = inflater.inflate(piece);
                assertThat(length == 0 && !inflater.finished()).as(what, arguments).isFalse();
                out.write(piece, 0, length);
            }
            assertThat(inflater.getRemaining()).as(what, arguments).isZero();
        }
        assertThat(Arrays.equals(out.toByteArray(), content)).as(what, arguments).isTrue();
    }
}
