package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedEntryTest {
    private static final String WAL = "0-0193a2b3c4d5e6f70123456789abcdef-00000000000000000017";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "abc",
                "abcd",
                "abcde",
                "-",
                "0-",
                WAL,
                "ABCD",
                "ü",
                "0123ü4567",
                "x0123",
                "0123x",
                "deadbeef",
                "00000000000000000000001",
                "a-b-c-d",
                "1234-5678-9",
                "😀abcd"
            })
    void namesComeBackAsTheyWere(String name) {
        assertThat(packedAndBack(name)).isEqualTo(name);
    }

    @Test
    void randomNamesComeBackAsTheyWere() {
        Random random = new Random(3);
        String alphabet = "0123456789abcdefABxyz-._";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder name = new StringBuilder();
            for (int length = random.nextInt(40); length > 0; length--) {
                name.append(alphabet.charAt(random.nextInt(i % 2 == 0 ? 16 : alphabet.length())));
            }
            assertThat(packedAndBack(name.toString())).isEqualTo(name.toString());
        }
    }

    @Test
    void numbersComeBackAsTheyWere() {
        for (int bits = 0; bits < 64; bits++) {
            for (long number : new long[] {1L << bits, (1L << bits) - 1, -(1L << bits)}) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                Packing.putNumber(out, number);
                assertThat(new PackedReader(out.toByteArray()).number()).isEqualTo(number);
            }
        }
    }

    @Test
    void numbersAreSkippedWhateverTheirLengths() {
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            int skipped = random.nextInt(30);
            for (int i = 0; i < skipped; i++) {
                Packing.putNumber(out, random.nextLong() >> random.nextInt(64));
            }
            Packing.putNumber(out, round);
            PackedReader in = new PackedReader(out.toByteArray());

            in.skipNumbers(skipped);

            assertThat(in.number()).isEqualTo(round);
        }
    }

    @Test
    void anUnusualSegmentComesBackAsItWas() {
        RecordSegment segment =
                new RecordSegment(
                        "an ID",
                        Samples.ORDERS,
                        new ArchiveObject("somewhere/else", Long.MAX_VALUE, 0, "no hash"),
                        List.of(
                                new PartitionRange(
                                        7, 0, Long.MAX_VALUE, 0, 0, -1, Long.MAX_VALUE, -5, -9)),
                        List.of());

        PackedEntry packed = PackedEntry.of(TopicKeys.of(Samples.ORDERS), segment);

        assertThat(packed.segment()).isEqualTo(segment);
        assertThat(packed.endOffset(7)).isEqualTo(Long.MAX_VALUE);
        assertThat(packed.names()).isEmpty();
    }

    private static String packedAndBack(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Packing.putString(out, name);
        Packing.putNumber(out, 42);
        PackedReader skipping = new PackedReader(out.toByteArray());
        skipping.skipString();
        assertThat(skipping.number()).isEqualTo(42);
        PackedReader hashing = new PackedReader(out.toByteArray());
        assertThat(hashing.stringHash()).isEqualTo(NameHash.of(name));
        assertThat(hashing.number()).isEqualTo(42);
        return new PackedReader(out.toByteArray()).string();
    }
}
