package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionTest {
    @Test
    void takesTwoSmallOnesRatherThanTheLargeOneBetweenThem() {
        Selection<Long> selection = new Selection<>(List.of(3L, 4L, 3L), value -> value);
        selection.exclude(0, 1);
        selection.exclude(1, 2);

        assertThat(selection.choose()).containsExactly(true, false, true);
    }

    @Test
    void takesTheEarlierOfEqualOnes() {
        Selection<Long> selection = new Selection<>(List.of(3L, 3L), value -> value);
        selection.exclude(0, 1);

        assertThat(selection.choose()).containsExactly(true, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void findsTheBestOfAll(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            int count = 1 + random.nextInt(12);
            List<Long> values = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                values.add((long) random.nextInt(20));
            }
            Selection<Long> selection = new Selection<>(values, value -> value);
            List<int[]> pairs = new ArrayList<>();
            for (int i = random.nextInt(2 * count); i > 0; i--) {
                int one = random.nextInt(count);
                int other = random.nextInt(count);
                if (one != other) {
                    selection.exclude(one, other);
                    pairs.add(new int[] {one, other});
                }
            }
            boolean[] chosen = selection.choose();
            int mask = 0;
            for (int i = 0; i < count; i++) {
                mask |= chosen[i] ? 1 << i : 0;
            }
            assertThat(value(mask, values, pairs)).isEqualTo(best(values, pairs));
        }
    }

    @Test
    void isQuickForLargeGroups() {
        List<Long> values = new ArrayList<>();
        for (long i = 0; i < 2_000; i++) {
            values.add(i % 7);
        }
        Selection<Long> selection = new Selection<>(values, value -> value);
        for (int i = 1; i < values.size(); i++) {
            selection.exclude(i - 1, i);
        }
        boolean[] chosen = selection.choose();
        for (int i = 1; i < chosen.length; i++) {
            assertThat(chosen[i - 1] && chosen[i]).isFalse();
        }
    }

    private static long best(List<Long> values, List<int[]> pairs) {
        long best = 0;
        for (int mask = 0; mask < 1 << values.size(); mask++) {
            best = Math.max(best, value(mask, values, pairs));
        }
        return best;
    }

    /// -1 if two that exclude each other are chosen.
    private static long value(int mask, List<Long> values, List<int[]> pairs) {
        for (int[] pair : pairs) {
            if ((mask >> pair[0] & 1) == 1 && (mask >> pair[1] & 1) == 1) {
                return -1;
            }
        }
        long sum = 0;
        for (int i = 0; i < values.size(); i++) {
            sum += (mask >> i & 1) * values.get(i);
        }
        return sum;
    }
}
