package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongEntriesTest {
    /// Values of the same first letter are the same entry.
    private static final Comparator<String> FIRST_LETTER =
            Comparator.comparingInt(value -> value.charAt(0));

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 31, 40, 63, 64})
    void areInOrderAfterwardsAndTheLastOfEqualOnesStays(int bits) {
        Random random = new Random(bits);
        LongEntries<String> entries = new LongEntries<>(0);
        Map<Long, Map<Character, String>> model = new TreeMap<>();
        for (int i = 0; i < 5_000; i++) {
            long key = random.nextLong() >> (Long.SIZE - bits);
            String value = (char) ('a' + random.nextInt(3)) + " " + i;
            entries.add(key, value);
            model.computeIfAbsent(key, _ -> new TreeMap<>()).put(value.charAt(0), value);
        }

        entries.sort(FIRST_LETTER);

        List<String> expected = new ArrayList<>();
        model.forEach(
                (key, values) -> values.values().forEach(value -> expected.add(key + " " + value)));
        assertThat(strings(entries)).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 100})
    void thoseInOrderStayAsTheyAre(int count) {
        LongEntries<String> entries = new LongEntries<>(count);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(i / 2 - 10, (char) ('a' + i % 2) + "");
            expected.add(i / 2 - 10 + " " + (char) ('a' + i % 2));
        }

        entries.sort(FIRST_LETTER);

        assertThat(strings(entries)).containsExactlyElementsOf(expected);
    }

    private static List<String> strings(LongEntries<String> entries) {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            strings.add(entries.key(i) + " " + entries.value(i));
        }
        return strings;
    }
}
