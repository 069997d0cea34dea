package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.indexer.SearchableView.OffsetRange;
import io.annals.registry.ArchiveObject;
import io.annals.registry.Extent;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Plans over random catalogues, with everything a catalogue can have, against a look at every
/// entry and offset.
class PlanModelTest {
    private static final int PARTITIONS = 3;

    @TempDir Path folder;

    private final long[] ends = new long[PARTITIONS];
    private int ids;
    private int unindexed;
    private int compacted;
    private int searched;
    private int pruned;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aPlanIsThatOfALookAtEveryEntry(long seed) throws Exception {
        Random random = new Random(Long.getLong("annals.seed", seed));
        try (TieredFixture node = new TieredFixture(folder, 1_000_000)) {
            TopicMetadata topic =
                    new TopicMetadata(
                            Uuid.randomUuid(), "logs", 1, Map.of(), List.of(0L, 3L, 9L), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
            for (int step = 0; step < 150; step++) {
                RegistryChange change = change(topic, node.registry.snapshot(), random);
                node.registry.commit(_ -> Optional.of(change));
                check(node, topic, random, "seed %d, step %d".formatted(seed, step));
            }
        }
        assertThat(List.of(unindexed, compacted, searched, pruned)).noneMatch(n -> n < 100);
    }

    private void check(TieredFixture node, TopicMetadata topic, Random random, String at)
            throws Exception {
        RegistrySnapshot snapshot = node.registry.snapshot();
        SearchRequest.Builder request = SearchRequest.builder("logs");
        if (random.nextInt(3) == 0) {
            request.partitions(Set.of(random.nextInt(PARTITIONS)));
        }
        Constraints constraints =
                new Constraints(
                        random.nextInt(3) == 0
                                ? LongRange.of(random.nextInt(PARTITIONS))
                                : LongRange.ALL,
                        range(random, ends[0] + 5),
                        range(random, ids * 10L),
                        range(random, ids * 10L));
        SearchPlanner.Input input =
                new SearchPlanner.Input(request.build(), constraints, Map.of(), null);
        PlanBuilder builder =
                new PlanBuilder(
                        input,
                        snapshot,
                        Map.of(),
                        _ -> {
                            throw new AssertionError("a plan opens nothing");
                        },
                        node.log);

        try (SearchPlan plan = builder.plan()) {
            Map<Integer, OffsetRange> visible = new TreeMap<>();
            plan.partitions()
                    .forEach(p -> visible.put(p.partition(), new OffsetRange(p.from(), p.to())));
            List<IndexSplit> expected =
                    snapshot.splits(topic.id()).stream()
                            .filter(split -> touches(split, visible, constraints))
                            .toList();
            assertThat(plan.units().stream().map(unit -> unit.split().orElseThrow()))
                    .as(at)
                    .containsExactlyElementsOf(expected.stream().map(IndexSplit::id).toList());
            assertThat(plan.prunedSplits())
                    .as(at)
                    .isEqualTo(snapshot.splits(topic.id()).size() - expected.size());
            assertThat(offsets(plan.holes(), "no index holds them"))
                    .as(at)
                    .isEqualTo(unindexed(snapshot, topic, visible, constraints));
            assertThat(offsets(plan.holes(), "history was compacted"))
                    .as(at)
                    .isEqualTo(compacted(snapshot, topic, visible, constraints));
            assertThat(new HashSet<>(plan.holes())).as(at).hasSameSizeAs(plan.holes());
            unindexed += offsets(plan.holes(), "no index holds them").size();
            compacted += offsets(plan.holes(), "history was compacted").size();
            searched += expected.size();
            pruned += plan.prunedSplits();
        }
    }

    private static LongRange range(Random random, long end) {
        long from = random.nextLong(end + 1);
        return switch (random.nextInt(6)) {
            case 0, 1, 2 -> LongRange.ALL;
            case 3 -> new LongRange(from, Long.MAX_VALUE);
            case 4 -> new LongRange(Long.MIN_VALUE, from);
            default -> new LongRange(from, from + random.nextInt(100));
        };
    }

    private static boolean touches(
            IndexSplit split, Map<Integer, OffsetRange> visible, Constraints constraints) {
        for (PartitionRange range : split.ranges()) {
            OffsetRange wanted = visible.get(range.partition());
            if (wanted != null
                    && Math.max(wanted.from(), range.baseOffset())
                            < Math.min(wanted.to(), range.endOffset())
                    && constraints.touches(range.extent())) {
                return true;
            }
        }
        return false;
    }

    /// Each as `partition:offset`.
    private static Set<String> offsets(List<Coverage.Hole> holes, String reason) {
        Set<String> offsets = new TreeSet<>();
        for (Coverage.Hole hole : holes) {
            for (long at = hole.from(); hole.reason().startsWith(reason) && at < hole.to(); at++) {
                assertThat(offsets.add(hole.partition() + ":" + at)).as("told once").isTrue();
            }
        }
        return offsets;
    }

    private static Set<String> unindexed(
            RegistrySnapshot snapshot,
            TopicMetadata topic,
            Map<Integer, OffsetRange> visible,
            Constraints constraints) {
        Set<String> offsets = new TreeSet<>();
        visible.forEach((partition, wanted) -> addAll(offsets, partition, wanted));
        for (IndexSplit split : snapshot.splits(topic.id())) {
            split.ranges().forEach(range -> offsets.removeAll(all(range)));
        }
        for (RecordSegment segment : snapshot.segments(topic.id())) {
            for (PartitionRange range : segment.ranges()) {
                if (!constraints.touches(range.extent())) {
                    offsets.removeAll(all(range));
                }
            }
        }
        return offsets;
    }

    private static Set<String> compacted(
            RegistrySnapshot snapshot,
            TopicMetadata topic,
            Map<Integer, OffsetRange> visible,
            Constraints constraints) {
        Set<String> offsets = new TreeSet<>();
        for (RecordSegment segment : snapshot.segments(topic.id())) {
            if (segment.compactedToMs() >= constraints.ingestTime().to()) {
                segment.ranges().forEach(range -> offsets.addAll(all(range)));
            }
        }
        Set<String> wanted = new TreeSet<>();
        visible.forEach((partition, range) -> addAll(wanted, partition, range));
        offsets.retainAll(wanted);
        return offsets;
    }

    private static Set<String> all(PartitionRange range) {
        Set<String> offsets = new TreeSet<>();
        addAll(offsets, range.partition(), new OffsetRange(range.baseOffset(), range.endOffset()));
        return offsets;
    }

    private static void addAll(Set<String> offsets, int partition, OffsetRange range) {
        for (long at = range.from(); at < range.to(); at++) {
            offsets.add(partition + ":" + at);
        }
    }

    private RegistryChange change(TopicMetadata topic, RegistrySnapshot snapshot, Random random) {
        List<RecordSegment> segments = snapshot.segments(topic.id());
        if (segments.size() < 5 || random.nextInt(3) == 0) {
            RecordSegment added = segment(topic, ranges(random), 0);
            return RegistryChange.ofArchived(
                    List.of(added),
                    random.nextInt(3) == 0 ? List.of() : List.of(split(topic, List.of(added))));
        }
        int at = random.nextInt(segments.size() - 3);
        return switch (random.nextInt(4)) {
            case 0 -> { // retention
                List<String> gone = List.of(segments.getFirst().id());
                yield new RegistryChange(List.of(), List.of(), gone, List.of(), List.of());
            }
            case 1 -> { // a compaction that is not indexed
                RecordSegment old = segments.get(at);
                RecordSegment rest = segment(topic, old.ranges(), random.nextLong(ids * 10L));
                yield new RegistryChange(
                        List.of(), List.of(rest), List.of(old.id()), List.of(), List.of());
            }
            default -> { // several in one split, of which one may be gone again later
                List<RecordSegment> some = segments.subList(at, at + 3);
                List<String> splits =
                        snapshot.splits(topic.id()).stream()
                                .filter(split ->
                                        some.stream()
                                                .map(RecordSegment::id)
                                                .anyMatch(split.recordSegments()::contains))
                                .map(IndexSplit::id)
                                .toList();
                yield new RegistryChange(
                        List.of(), List.of(), List.of(), List.of(split(topic, some)), splits);
            }
        };
    }

    private List<PartitionRange> ranges(Random random) {
        List<PartitionRange> ranges = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            if (partition == 0 || random.nextBoolean()) {
                long base = ends[partition] + (random.nextInt(10) == 0 ? 2 : 0);
                ends[partition] = base + 1 + random.nextInt(5);
                long event = ids * 10L + random.nextInt(40) - 20;
                ranges.add(
                        new PartitionRange(
                                partition,
                                base,
                                ends[partition],
                                1,
                                100,
                                event,
                                event + random.nextInt(random.nextInt(20) == 0 ? 500 : 10),
                                ids * 10L,
                                ids * 10L + random.nextInt(10)));
            }
        }
        return ranges;
    }

    private RecordSegment segment(
            TopicMetadata topic, List<PartitionRange> ranges, long compactedToMs) {
        String id = "s" + ids++;
        ArchiveObject object =
                new ArchiveObject(ObjectKeys.recordSegment(topic.id(), id), 1000, 60, "");
        return new RecordSegment(
                id, topic.id(), object, ranges, List.of("0-wal-" + ids), compactedToMs);
    }

    private IndexSplit split(TopicMetadata topic, List<RecordSegment> covered) {
        Map<Integer, PartitionRange> ranges = new TreeMap<>();
        for (RecordSegment segment : covered) {
            segment.ranges().forEach(range -> ranges.merge(range.partition(), range, this::both));
        }
        String id = "x" + ids++;
        return new IndexSplit(
                id,
                topic.id(),
                new ArchiveObject(ObjectKeys.split(topic.id(), id), 1000, 60, ""),
                covered.stream().map(RecordSegment::id).toList(),
                List.copyOf(ranges.values()),
                1);
    }

    private PartitionRange both(PartitionRange one, PartitionRange other) {
        Extent a = one.extent();
        Extent b = other.extent();
        return new PartitionRange(
                a.partition(),
                Math.min(a.baseOffset(), b.baseOffset()),
                Math.max(a.endOffset(), b.endOffset()),
                2,
                200,
                Math.min(a.minTimestampMs(), b.minTimestampMs()),
                Math.max(a.maxTimestampMs(), b.maxTimestampMs()),
                Math.min(a.minIngestTimeMs(), b.minIngestTimeMs()),
                Math.max(a.maxIngestTimeMs(), b.maxIngestTimeMs()));
    }
}
