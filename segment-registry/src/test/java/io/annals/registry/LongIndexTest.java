package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongIndexTest {
    private static final Comparator<Entry> ORDER =
            Comparator.comparingLong(Entry::key).thenComparing(Entry::value);

    /// The number in the value is its end and event time; the ingest time is one more.
    private static final LongIndex.Peaks<String> TIMES =
            (value, into, at) -> {
                into[0][at] = number(value);
                into[1][at] = number(value);
                into[2][at] = number(value) + 1;
            };

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void behavesAsASortedSetAndKeepsOldVersions(long seed) {
        Random random = new Random(seed);
        int keys = seed % 2 == 0 ? 40 : 5_000;
        LongIndex<String> index = LongIndex.empty(Comparator.<String>naturalOrder());
        TreeSet<Entry> model = new TreeSet<>(ORDER);
        LongIndex<String> old = index;
        List<Entry> oldModel = List.of();
        for (int step = 0; step < 3_000; step++) {
            int action = random.nextInt(10);
            if (action < 6) {
                Entry entry = entry(random, keys);
                index = index.with(entry.key(), entry.value());
                model.add(entry);
            } else if (action < 9) {
                Entry entry = entry(random, keys);
                index = index.without(entry.key(), entry.value());
                model.remove(entry);
            } else if (random.nextInt(20) == 0) {
                List<Entry> added = newEntries(random, keys, model);
                index = index.withAll(batch(added));
                model.addAll(added);
            }
            if (step == 1_500) {
                old = index;
                oldModel = List.copyOf(model);
            }
            long probe = random.nextInt(keys + 2) - 1L;
            assertThat(index.ceiling(probe)).isEqualTo(model.headSet(new Entry(probe, "")).size());
            assertThat(index.floor(probe)).isEqualTo(index.ceiling(probe + 1) - 1);
        }
        assertThat(entries(index)).containsExactlyElementsOf(model);
        assertThat(entries(old)).containsExactlyElementsOf(oldModel);
        assertThat(index.floor(Long.MAX_VALUE)).isEqualTo(index.size() - 1);
        assertThat(index.all(7))
                .containsExactlyElementsOf(
                        model.stream()
                                .filter(entry -> entry.key() == 7)
                                .map(Entry::value)
                                .toList());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void growsAndShrinksInAnyOrder(long seed) {
        Random random = new Random(seed);
        LongIndex<String> index = LongIndex.empty(Comparator.<String>naturalOrder(), TIMES);
        TreeSet<Entry> model = new TreeSet<>(ORDER);
        for (int step = 0; step < 60_000; step++) {
            long key = seed == 1 ? step : random.nextInt(200_000);
            index = index.with(key, "v" + step);
            model.add(new Entry(key, "v" + step));
        }
        assertThat(entries(index)).containsExactlyElementsOf(model);
        List<Entry> left = new ArrayList<>(model);
        if (seed != 2) {
            Collections.shuffle(left, random);
        }
        while (!left.isEmpty()) {
            Entry gone = left.removeLast();
            index = index.without(gone.key(), gone.value());
            model.remove(gone);
            if (left.size() % 20_000 == 100) {
                assertThat(entries(index)).containsExactlyElementsOf(model);
            }
        }
        assertThat(index.size()).isZero();
        assertThat(index.ceiling(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void findsTheFirstThatReachesATime(long seed) {
        Random random = new Random(seed);
        LongIndex<String> index = LongIndex.empty(Comparator.<String>naturalOrder(), TIMES);
        for (int step = 0; step < 5_000; step++) {
            index = index.with(step, "v" + (step + random.nextInt(300)));
        }
        for (int step = 0; step < 2_000; step++) {
            int gone = random.nextInt(index.size());
            index = index.without(index.key(gone), index.get(gone));
        }
        List<Entry> entries = entries(index);
        for (int probe = 0; probe < 1_000; probe++) {
            long key = random.nextInt(5_002) - 1L;
            long time = random.nextInt(5_400);
            List<String> from =
                    new ArrayList<>(
                            entries.stream()
                                    .filter(entry -> entry.key() > key)
                                    .map(Entry::value)
                                    .toList());
            int floor = index.floor(key);
            if (floor >= 0 && number(index.get(floor)) > key) {
                from.addFirst(index.get(floor));
            }
            List<String> reached = from.stream().filter(value -> number(value) >= time).toList();

            assertThat(index.holding(key)).isEqualTo(first(from));
            assertThat(index.firstEvent(key, time)).isEqualTo(first(reached));
            assertThat(index.firstIngest(key, time + 1)).isEqualTo(first(reached));
        }
        long lastEnd = number(entries.getLast().value());
        assertThat(index.holding(lastEnd - 1)).isEqualTo(entries.getLast().value());
        assertThat(index.holding(lastEnd)).isNull();
        assertThat(index.holding(Long.MAX_VALUE)).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void findsWhatHoldsAKeyWhereEntriesTouchAndWhereTheyDoNot(long seed) {
        Random random = new Random(seed);
        LongIndex<String> index = LongIndex.empty(Comparator.<String>naturalOrder(), TIMES);
        TreeMap<Long, Long> model = new TreeMap<>(); // end by begin
        long end = 0;
        for (int step = 0; step < 2_000; step++) {
            long begin = end + (random.nextInt(400) == 0 ? 5 : 0);
            end = begin + 1 + random.nextInt(9);
            index = index.with(begin, "v" + end);
            model.put(begin, end);
        }
        for (int step = 0; step < 500; step++) {
            if (step % 20 == 0) { // in the middle, and sometimes what closes the gap again
                int at = random.nextInt(index.size() - 1);
                long gone = index.key(at);
                long next = index.key(at + 1);
                index = index.without(gone, index.get(at));
                model.remove(gone);
                if (random.nextBoolean()) {
                    index = index.with(gone, "v" + next);
                    model.put(gone, next);
                }
            }
            long key = random.nextLong(end + 10) - 1;
            Map.Entry<Long, Long> floor = model.floorEntry(key);
            Map.Entry<Long, Long> expected =
                    floor != null && floor.getValue() > key ? floor : model.higherEntry(key);
            assertThat(index.holding(key))
                    .isEqualTo(expected == null ? null : "v" + expected.getValue());
        }
    }

    private static @Nullable String first(List<String> values) {
        return values.isEmpty() ? null : values.getFirst();
    }

    @Test
    void anEntryThatIsThereTakesItsPlace() {
        LongIndex<String> index = LongIndex.empty((_, _) -> 0);
        index = index.with(1, "a").with(1, "b");
        assertThat(entries(index)).containsExactly(new Entry(1, "b"));

        LongIndex<String> many =
                index.withAll(
                        batch(List.of(new Entry(1, "c"), new Entry(2, "d"), new Entry(1, "e"))));
        assertThat(entries(many)).containsExactly(new Entry(1, "e"), new Entry(2, "d"));
    }

    private static List<Entry> newEntries(Random random, int keys, Set<Entry> present) {
        TreeSet<Entry> added = new TreeSet<>(ORDER);
        int count = random.nextInt(400);
        for (int i = 0; i < count; i++) {
            added.add(entry(random, keys));
        }
        added.removeAll(present);
        return new ArrayList<>(added);
    }

    private static Entry entry(Random random, int keys) {
        return new Entry(random.nextInt(keys), "v" + random.nextInt(3));
    }

    private static List<Entry> entries(LongIndex<String> index) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < index.size(); i++) {
            entries.add(new Entry(index.key(i), index.get(i)));
        }
        return entries;
    }

    private static LongEntries<String> batch(List<Entry> entries) {
        LongEntries<String> batch = new LongEntries<>(0);
        entries.forEach(entry -> batch.add(entry.key, entry.value));
        return batch;
    }

    private static long number(String value) {
        return Long.parseLong(value.substring(1));
    }

    private record Entry(long key, String value) {}
}
