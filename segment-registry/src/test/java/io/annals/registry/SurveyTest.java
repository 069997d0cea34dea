package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Questions about all of history against a look at every entry, and how few they look at.
class SurveyTest {
    private static final int PARTITIONS = 4;
    private static final int SEGMENT_MS = 30_000;

    private Generation generation = Generation.EMPTY;
    private final long[] ends = new long[PARTITIONS];
    private int ids;

    /// What a question is about.
    private record Windows(Predicate<Integer> partition, Offsets offsets, long[] event, long[] in)
            implements Predicate<Extent> {
        @Override
        public boolean test(Extent extent) {
            return partition.test(extent.partition())
                    && extent.overlaps(offsets)
                    && extent.minTimestampMs() < event[1]
                    && extent.maxTimestampMs() >= event[0]
                    && extent.minIngestTimeMs() < in[1]
                    && extent.maxIngestTimeMs() >= in[0];
        }
    }

    /// @param before segments that are there in the beginning: enough for a tree of three levels,
    ///   or for one that grows and splits under the test's eyes
    @ParameterizedTest(name = "seed {0}, {1} segments at first")
    @CsvSource({"1, 0", "2, 0", "3, 0", "4, 1000", "5, 3000"})
    void answersAreThoseOfALookAtEveryEntry(long seed, int before) {
        Random random = new Random(Long.getLong("annals.seed", seed));
        apply(RegistryChange.ofTopic(Samples.orders(1, PARTITIONS)));
        apply(archived(random, before));
        for (int step = 0; step < 60; step++) {
            Generation older = generation;
            if (random.nextBoolean()) {
                compare(random, "seed %d, step %d".formatted(seed, step)); // makes summaries
            }
            apply(change(random));
            assertThat(older.compactedToMs(Samples.ORDERS)) // its summaries stay its own
                    .isEqualTo(compactedTo(older.segments(Samples.ORDERS)));
        }
        compare(random, "seed %d, at the end".formatted(seed));
        generation = Generation.of(generation.checkpoint());
        compare(random, "seed %d, loaded".formatted(seed));
    }

    private void apply(RegistryChange change) {
        generation = generation.next(change, generation.generation() + 1);
    }

    private void compare(Random random, String at) {
        List<IndexSplit> splits = List.copyOf(generation.splits(Samples.ORDERS));
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Windows windows = windows(random);
            assertThat(generation.splits(Samples.ORDERS, windows))
                    .as(at)
                    .isEqualTo(
                            splits.stream()
                                    .filter(split -> touches(split.ranges(), windows))
                                    .toList());
            int of = partition;
            List<RecordSegment> segments = List.copyOf(generation.segments(Samples.ORDERS, of));
            Offsets wanted = offsets(random, of);
            assertThat(generation.mayHold(Samples.ORDERS, of, wanted, windows))
                    .as(at)
                    .isEqualTo(mayHold(segments, of, wanted, windows));
            long reached = random.nextInt(3_000);
            assertThat(generation.compacted(Samples.ORDERS, of, wanted, reached))
                    .as(at)
                    .isEqualTo(
                            segments.stream()
                                    .filter(segment -> segment.compactedToMs() >= reached)
                                    .filter(segment -> extent(segment, of).overlaps(wanted))
                                    .toList());
            assertThat(generation.maxTimestampMs(Samples.ORDERS, of, wanted))
                    .as(at)
                    .isEqualTo(
                            segments.stream()
                                    .map(segment -> extent(segment, of))
                                    .filter(extent -> extent.overlaps(wanted))
                                    .mapToLong(Extent::maxTimestampMs)
                                    .max());
            assertThat(generation.compactedToMs(Samples.ORDERS, of))
                    .as(at)
                    .isEqualTo(compactedTo(segments));
        }
        assertThat(generation.compactedToMs(Samples.ORDERS))
                .as(at)
                .isEqualTo(compactedTo(generation.segments(Samples.ORDERS)));
    }

    private static long compactedTo(Collection<RecordSegment> segments) {
        return segments.stream().mapToLong(RecordSegment::compactedToMs).max().orElse(0);
    }

    private static boolean touches(List<PartitionRange> ranges, Windows windows) {
        return ranges.stream().map(PartitionRange::extent).anyMatch(windows);
    }

    private static Extent extent(RecordSegment segment, int partition) {
        return RegistryModel.range(segment, partition).orElseThrow().extent();
    }

    private static List<Offsets> mayHold(
            List<RecordSegment> segments, int partition, Offsets wanted, Windows windows) {
        List<Offsets> found = new ArrayList<>();
        long at = wanted.from();
        for (RecordSegment segment : segments) {
            Extent extent = extent(segment, partition);
            if (windows.test(extent)) {
                continue;
            }
            long end = Math.min(extent.baseOffset(), wanted.to());
            if (at < end) {
                found.add(new Offsets(at, end));
            }
            at = Math.max(at, extent.endOffset());
        }
        if (at < wanted.to()) {
            found.add(new Offsets(at, wanted.to()));
        }
        return found;
    }

    private Windows windows(Random random) {
        int only = random.nextInt(PARTITIONS);
        return new Windows(
                random.nextBoolean() ? _ -> true : partition -> partition == only,
                random.nextInt(3) == 0
                        ? offsets(random, only)
                        : new Offsets(Long.MIN_VALUE, Long.MAX_VALUE),
                times(random),
                times(random));
    }

    private long[] times(Random random) {
        if (random.nextInt(3) == 0) {
            return new long[] {Long.MIN_VALUE, Long.MAX_VALUE};
        }
        long from = random.nextInt(ids * 10 + 100) - 50L;
        return new long[] {from, from + random.nextInt(random.nextBoolean() ? 20 : 2_000)};
    }

    private Offsets offsets(Random random, int partition) {
        long from = random.nextLong(ends[partition] + 20);
        return random.nextInt(3) == 0
                ? new Offsets(0, ends[partition])
                : new Offsets(from, from + random.nextInt(random.nextBoolean() ? 30 : 3_000));
    }

    private RegistryChange change(Random random) {
        List<RecordSegment> segments = generation.segments(Samples.ORDERS);
        return switch (random.nextInt(12)) {
            case 0 -> Samples.removed(some(random, segments, RecordSegment::id), List.of());
            case 1 ->
                    Samples.removed(
                            List.of(),
                            some(random, generation.splits(Samples.ORDERS), IndexSplit::id));
            case 2, 3 -> merged(random);
            case 4 -> rewritten(random, segments);
            default -> archived(random, 1 + random.nextInt(8));
        };
    }

    private static <T> List<String> some(Random random, List<T> all, Function<T, String> id) {
        return all.isEmpty()
                ? List.of()
                : random.ints(1 + random.nextInt(3), 0, all.size())
                        .distinct()
                        .mapToObj(all::get)
                        .map(id)
                        .toList();
    }

    private RegistryChange archived(Random random, int count) {
        List<RecordSegment> segments = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        for (int left = count; left > 0; left--) {
            List<PartitionRange> ranges = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                if (random.nextBoolean() || (ranges.isEmpty() && partition == PARTITIONS - 1)) {
                    ranges.add(range(random, partition));
                }
            }
            segments.add(segment(ranges, 0));
            if (random.nextInt(4) > 0) {
                splits.add(split(List.of(segments.getLast())));
            }
        }
        return RegistryChange.ofArchived(segments, splits);
    }

    private PartitionRange range(Random random, int partition) {
        long base = ends[partition] + (random.nextInt(20) == 0 ? 1 + random.nextInt(9) : 0);
        ends[partition] = base + 1 + random.nextInt(20);
        long event = ids * 10L + random.nextInt(60) - 30;
        long ingest = ids * 10L;
        return new PartitionRange(
                partition,
                base,
                ends[partition],
                1,
                100,
                event,
                event + random.nextInt(random.nextInt(30) == 0 ? 3_000 : 15),
                ingest,
                ingest + random.nextInt(10));
    }

    /// Splits that follow each other, as one.
    private RegistryChange merged(Random random) {
        List<IndexSplit> all = generation.splits(Samples.ORDERS);
        if (all.isEmpty()) {
            return archived(random, 1);
        }
        int from = random.nextInt(all.size());
        List<IndexSplit> some = all.subList(from, Math.min(all.size(), from + 4));
        List<RecordSegment> covered =
                some.stream()
                        .flatMap(split -> split.recordSegments().stream())
                        .flatMap(id -> generation.segment(id).stream())
                        .toList();
        return new RegistryChange(
                List.of(),
                List.of(),
                List.of(),
                List.of(split(covered)),
                some.stream().map(IndexSplit::id).toList());
    }

    /// A segment without what was compacted, not indexed.
    private RegistryChange rewritten(Random random, List<RecordSegment> segments) {
        if (segments.isEmpty()) {
            return archived(random, 1);
        }
        RecordSegment old = segments.get(random.nextInt(segments.size()));
        return new RegistryChange(
                List.of(),
                List.of(segment(old.ranges(), 1 + random.nextInt(3_000))),
                List.of(old.id()),
                List.of(),
                List.of());
    }

    private RecordSegment segment(List<PartitionRange> ranges, long compactedToMs) {
        RecordSegment plain = Samples.segment("s" + ids++, ranges.toArray(new PartitionRange[0]));
        return new RecordSegment(
                plain.id(),
                plain.topicId(),
                plain.object(),
                plain.ranges(),
                plain.walSegments(),
                compactedToMs);
    }

    private IndexSplit split(List<RecordSegment> covered) {
        IndexSplit plain = Samples.split("x" + ids++, covered.toArray(new RecordSegment[0]));
        List<PartitionRange> ranges = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int of = partition;
            covered.stream()
                    .flatMap(segment -> RegistryModel.range(segment, of).stream())
                    .map(PartitionRange::extent)
                    .reduce(Extent::and)
                    .ifPresent(extent -> ranges.add(range(extent)));
        }
        return new IndexSplit(
                plain.id(), plain.topicId(), plain.object(), plain.recordSegments(), ranges, 1);
    }

    private static PartitionRange range(Extent extent) {
        return new PartitionRange(
                extent.partition(),
                extent.baseOffset(),
                extent.endOffset(),
                1,
                100,
                extent.minTimestampMs(),
                extent.maxTimestampMs(),
                extent.minIngestTimeMs(),
                extent.maxIngestTimeMs());
    }

    @Test
    void theNewestWindowOfALongHistoryIsFoundWithoutALookAtTheRest() {
        int segments = 100_000;
        grow(segments);
        long newest = (segments - 120) * (long) SEGMENT_MS;
        long[] asked = new long[1];
        Predicate<Extent> lastHour =
                extent -> {
                    asked[0]++;
                    return extent.maxTimestampMs() >= newest;
                };

        assertThat(generation.splits(Samples.ORDERS, lastHour)).hasSize(12);
        assertThat(asked[0]).as("extents of all partitions looked at").isLessThan(2_000);
        asked[0] = 0;
        Offsets all = new Offsets(0, segments * 10L);
        assertThat(generation.mayHold(Samples.ORDERS, 1, all, lastHour))
                .containsExactly(new Offsets((segments - 120) * 10L, segments * 10L));
        assertThat(asked[0]).as("extents looked at").isLessThan(600);
        asked[0] = 0;
        Offsets one = new Offsets(500_000, 500_010);
        assertThat(generation.mayHold(Samples.ORDERS, 1, one, lastHour)).isEmpty();
        assertThat(asked[0]).as("extents looked at").isLessThan(5);
    }

    /// Each segment of two partitions; a split covers ten of them.
    private void grow(int segments) {
        apply(RegistryChange.ofTopic(Samples.orders(1, 2)));
        List<RecordSegment> added = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        for (int i = 0; i < segments; i++) {
            long time = i * (long) SEGMENT_MS;
            long base = i * 10L;
            PartitionRange[] ranges =
                    Stream.of(0, 1)
                            .map(p -> new Extent(p, base, base + 10, time, time, time, time))
                            .map(SurveyTest::range)
                            .toArray(PartitionRange[]::new);
            added.add(Samples.segment("s" + i, ranges));
            if (added.size() % 10 == 0) {
                splits.add(split(added.subList(added.size() - 10, added.size())));
            }
        }
        apply(RegistryChange.ofArchived(added, splits));
    }

    @Test
    void aChangeMakesOnlyTheSummariesOnItsWayAnew() {
        List<Long> read = new ArrayList<>();
        Summaries<Long, Long> sums =
                new Summaries<>() {
                    @Override
                    public Long of(Long value) {
                        read.add(value);
                        return value;
                    }

                    @Override
                    public Long and(Long before, Long behind) {
                        return before + behind;
                    }
                };
        LongEntries<Long> entries = new LongEntries<>(100_000);
        for (long i = 0; i < 100_000; i++) {
            entries.add(i, i);
        }
        LongIndex<Long> index = LongIndex.<Long>empty(Long::compare).withAll(entries);
        long sum = 99_999L * 50_000;

        assertThat(index.summary(sums)).isEqualTo(sum);
        assertThat(read).hasSize(100_000);
        read.clear();
        assertThat(index.with(100_000, 7L).summary(sums)).isEqualTo(sum + 7);
        assertThat(index.without(50_000, 50_000L).summary(sums)).isEqualTo(sum - 50_000);
        assertThat(index.summary(sums)).isEqualTo(sum);
        assertThat(read).hasSizeLessThan(150);
    }

    @Test
    void nothingIsKnownOfATopicThatIsNotThere() {
        Predicate<Extent> any = _ -> true;
        Offsets offsets = new Offsets(3, 9);

        assertThat(Generation.EMPTY.splits(Samples.ORDERS, any)).isEmpty();
        assertThat(Generation.EMPTY.mayHold(Samples.ORDERS, 0, offsets, any))
                .containsExactly(offsets);
        assertThat(Generation.EMPTY.compacted(Samples.ORDERS, 0, offsets, 0)).isEmpty();
        assertThat(Generation.EMPTY.compactedToMs(Samples.ORDERS)).isZero();
        assertThat(Generation.EMPTY.compactedToMs(Samples.ORDERS, 5)).isZero();
    }
}
