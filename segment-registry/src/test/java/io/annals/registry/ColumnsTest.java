package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnsTest {

    @ParameterizedTest(name = "spans up to {0}")
    @ValueSource(longs = {1, 100, 0x7FFF_FFFFL, 0x8000_0000L, 1L << 40, Long.MAX_VALUE})
    void givesBackTheNumbersAndFindsAmongThem(long span) {
        Random random = new Random(span);
        for (int round = 0; round < 300; round++) {
            int rows = 1 + random.nextInt(70);
            long[] ascending = numbers(random, rows, span);
            Arrays.sort(ascending);
            long[] any = numbers(random, rows, span);
            int[] cells = Columns.of(ascending, any);

            assertThat(Columns.count(cells, rows)).isEqualTo(2);
            assertThat(Columns.column(cells, 0, rows)).isEqualTo(ascending);
            assertThat(Columns.column(cells, 1, rows)).isEqualTo(any);
            for (long probe : probes(random, ascending)) {
                assertThat(Columns.ceiling(cells, 0, rows, probe))
                        .isEqualTo(first(ascending, 0, probe));
            }
            int from = random.nextInt(rows + 1);
            for (long probe : probes(random, any)) {
                assertThat(Columns.firstReaching(cells, 1, rows, from, probe))
                        .isEqualTo(first(any, from, probe));
            }
        }
    }

    private static int first(long[] numbers, int from, long atLeast) {
        int at = from;
        while (at < numbers.length && numbers[at] < atLeast) {
            at++;
        }
        return at;
    }

    /// Of both signs, and at either end of what there is.
    private static long[] numbers(Random random, int rows, long span) {
        long start =
                switch (random.nextInt(4)) {
                    case 0 -> Long.MIN_VALUE;
                    case 1 -> Long.MAX_VALUE - span;
                    case 2 -> -span / 2;
                    default -> 0;
                };
        long[] numbers = new long[rows];
        Arrays.setAll(numbers, _ -> start + random.nextLong(span));
        numbers[random.nextInt(rows)] = start + span;
        numbers[random.nextInt(rows)] = start;
        return numbers;
    }

    private static long[] probes(Random random, long[] numbers) {
        long some = numbers[random.nextInt(numbers.length)];
        return new long[] {
            some, some + 1, some - 1, Long.MIN_VALUE, Long.MAX_VALUE, 0, random.nextLong()
        };
    }
}
