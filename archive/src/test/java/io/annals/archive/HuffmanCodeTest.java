package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SeededRandom.class)
class HuffmanCodeTest {

    @Test
    void codesAreCompleteAndAsShortAsAnyTree(Random random) {
        for (int round = 0; round < 500; round++) {
            int[] frequencies = new int[random.nextInt(2, 287)];
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] = random.nextBoolean() ? 0 : random.nextInt(20, 1000);
            }
            frequencies[0] = 20;
            frequencies[frequencies.length - 1] = 20;
            HuffmanCode code = HuffmanCode.of(frequencies, HuffmanCode.MAX_BITS);

            assertThat(kraft(code)).isEqualTo(1);
            assertThat(code.sizeBits(frequencies)).isEqualTo(smallest(frequencies));
        }
    }

    @Test
    void noCodeIsLongerThanAllowed() {
        int[] frequencies = new int[40];
        frequencies[0] = 1;
        frequencies[1] = 1;
        for (int i = 2; i < frequencies.length; i++) {
            frequencies[i] = frequencies[i - 1] + frequencies[i - 2]; // the deepest tree there is
        }
        for (int maxBits : new int[] {7, 10, 15}) {
            HuffmanCode code = HuffmanCode.of(frequencies, maxBits);

            assertThat(Arrays.stream(code.lengths()).max()).hasValue(maxBits);
            assertThat(kraft(code)).isEqualTo(1);
        }
    }

    @Test
    void noBitsOfOneSymbolBeginThoseOfAnother(Random random) {
        int[] frequencies = random.ints(100, 1, 10_000).toArray();
        HuffmanCode code = HuffmanCode.of(frequencies, 9);
        for (int a = 0; a < frequencies.length; a++) {
            for (int b = 0; b < frequencies.length; b++) {
                int shared = Math.min(code.lengths()[a], code.lengths()[b]);
                int mask = (1 << shared) - 1;
                assertThat(a != b && ((code.bits()[a] ^ code.bits()[b]) & mask) == 0).isFalse();
            }
        }
    }

    @Test
    void thereAreAlwaysTwoSymbols() {
        assertThat(HuffmanCode.of(new int[30], 15).lengths()).startsWith(1, 1, 0);
        int[] one = new int[30];
        one[7] = 99;
        assertThat(HuffmanCode.of(one, 15).lengths()).startsWith(1, 0, 0, 0, 0, 0, 0, 1, 0);
    }

    private static double kraft(HuffmanCode code) {
        return Arrays.stream(code.lengths())
                .filter(length -> length > 0)
                .mapToDouble(length -> Math.scalb(1.0, -length))
                .sum();
    }

    private static long smallest(int[] frequencies) {
        PriorityQueue<Long> weights = new PriorityQueue<>();
        Arrays.stream(frequencies).filter(f -> f > 0).forEach(f -> weights.add((long) f));
        long bits = 0;
        while (weights.size() > 1) {
            long sum = weights.remove() + weights.remove();
            bits += sum;
            weights.add(sum);
        }
        return bits;
    }
}
