package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random commits against [RegistryModel]; the seed is the test's argument.
class RegistryModelTest {
    private final RegistryModel model = new RegistryModel();
    private int ids;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void answersAsTheModelInEveryGeneration(long seed) throws Exception {
        Random random = new Random(seed);
        FaultyRegistryStore store = new FaultyRegistryStore();
        DurableRegistry registry = open(store, random);
        List<Checkpoint> generations = new ArrayList<>();
        generations.add(model.checkpoint(0, 0));
        for (int step = 0; step < 120; step++) {
            RegistryChange change = randomChange(random);
            RegistrySnapshot snapshot = registry.commit(_ -> Optional.of(change));
            model.apply(change);
            if (!change.isEmpty()) {
                generations.add(model.checkpoint(snapshot.generation(), snapshot.committedAtMs()));
            }
            compareLookups(snapshot, random);
            if (random.nextInt(20) == 0) {
                registry = open(store, random);
            }
        }
        for (DurableRegistry reader : List.of(registry, open(store, random))) {
            for (int i = random.nextInt(4); i < generations.size(); i += 1 + random.nextInt(6)) {
                Checkpoint expected = generations.get(i);
                RegistrySnapshot snapshot = reader.snapshot(expected.generation()).orElseThrow();
                assertThat(((Generation) snapshot).checkpoint()).isEqualTo(expected);
            }
        }
        assertThat(Generation.of(generations.getLast()).checkpoint())
                .isEqualTo(generations.getLast());
    }

    private static DurableRegistry open(FaultyRegistryStore store, Random random) throws Exception {
        RegistrySettings settings = new RegistrySettings("w" + random.nextInt(), 7, 4);
        return DurableRegistry.open(store, Samples.CLOCK, settings, Runnable::run);
    }

    private static long logStart(TopicMetadata topic, int partition) {
        return partition < topic.partitionCount() ? topic.logStartOffsets().get(partition) : 0;
    }

    private void compareLookups(RegistrySnapshot snapshot, Random random) {
        assertThat(snapshot.topics()).containsExactlyElementsOf(model.topics.values());
        for (TopicMetadata topic : pick(random, model.topics.values())) {
            assertThat(snapshot.topic(topic.name())).contains(topic);
            int partition = random.nextInt(topic.partitionCount() + 1);
            NavigableMap<Long, RecordSegment> expected = model.partition(topic.id(), partition);
            assertThat(snapshot.segments(topic.id(), partition))
                    .containsExactlyElementsOf(expected.values());
            assertThat(snapshot.archivedStartOffset(topic.id(), partition))
                    .isEqualTo(expected.keySet().stream().findFirst());
            assertThat(snapshot.archivedEndOffset(topic.id(), partition))
                    .isEqualTo(
                            expected.isEmpty()
                                    ? logStart(topic, partition)
                                    : RegistryModel.range(
                                                    expected.lastEntry().getValue(), partition)
                                            .orElseThrow()
                                            .endOffset());
            for (int i = 0; i < 10; i++) {
                long offset = random.nextLong(-5, 2_000);
                assertThat(snapshot.segmentFor(topic.id(), partition, offset))
                        .isEqualTo(RegistryModel.segmentFor(expected, partition, offset));
            }
        }
        for (RecordSegment segment : pick(random, model.segments.values())) {
            assertThat(snapshot.segment(segment.id())).contains(segment);
            assertThat(snapshot.isArchived(segment.topicId(), "0-wal-" + segment.id())).isTrue();
            assertThat(snapshot.isArchived(segment.topicId(), "2-wal-" + segment.id())).isFalse();
        }
        for (IndexSplit split : pick(random, model.splits.values())) {
            assertThat(snapshot.split(split.id())).contains(split);
        }
        assertThat(snapshot.segment("none")).isEmpty();
    }

    private RegistryChange randomChange(Random random) {
        Optional<TopicMetadata> picked = pick(random, model.topics.values()).stream().findFirst();
        int action = random.nextInt(100);
        if (picked.isEmpty() || (action < 8 && model.topics.size() < 6)) {
            String name = "topic" + random.nextInt(1_000_000);
            Uuid id = new Uuid(random.nextLong(), random.nextLong());
            return RegistryChange.ofTopic(Samples.topic(id, name, 1, 1 + random.nextInt(4)));
        }
        TopicMetadata topic = picked.get();
        if (action < 10) {
            return RegistryChange.ofTopic(Samples.tombstone(topic));
        }
        if (action < 18) {
            return RegistryChange.ofTopic(changed(random, topic));
        }
        if (action < 26) {
            return Samples.removed(
                    pick(random, model.segments(topic.id())).stream()
                            .map(RecordSegment::id)
                            .toList(),
                    List.of());
        }
        if (action < 34) {
            return merge(topic);
        }
        return archive(random, topic);
    }

    private RegistryChange archive(Random random, TopicMetadata topic) {
        List<RecordSegment> segments = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        long[] ends = new long[topic.partitionCount()];
        for (int partition = 0; partition < ends.length; partition++) {
            ends[partition] = freeOffset(random, topic, partition);
        }
        int count = 1 + random.nextInt(random.nextInt(50) == 0 ? 150 : 3);
        for (int i = 0; i < count; i++) {
            List<PartitionRange> ranges = new ArrayList<>();
            for (int partition = 0; partition < ends.length; partition++) {
                if (random.nextBoolean() || (partition == ends.length - 1 && ranges.isEmpty())) {
                    long base = ends[partition] + (random.nextInt(3) == 0 ? random.nextInt(9) : 0);
                    ends[partition] = base + 1 + random.nextInt(20);
                    ranges.add(Samples.range(partition, base, ends[partition]));
                }
            }
            RecordSegment segment =
                    Samples.segment(topic.id(), "s" + ids++, ranges.toArray(new PartitionRange[0]));
            segments.add(segment);
            if (random.nextInt(4) > 0) {
                splits.add(Samples.split("x" + segment.id(), segment));
            }
        }
        return RegistryChange.ofArchived(segments, splits);
    }

    private long freeOffset(Random random, TopicMetadata topic, int partition) {
        NavigableMap<Long, RecordSegment> archived = model.partition(topic.id(), partition);
        if (archived.isEmpty()) {
            return random.nextInt(500);
        }
        return RegistryModel.range(archived.lastEntry().getValue(), partition)
                .orElseThrow()
                .endOffset();
    }

    private RegistryChange merge(TopicMetadata topic) {
        List<IndexSplit> splits = model.splits(topic.id());
        List<IndexSplit> some = splits.subList(0, Math.min(3, splits.size()));
        RecordSegment[] covered =
                some.stream()
                        .flatMap(split -> split.recordSegments().stream())
                        .filter(model.segments::containsKey)
                        .map(model.segments::get)
                        .toArray(RecordSegment[]::new);
        if (covered.length == 0) {
            return Samples.removed(List.of(), List.of());
        }
        return new RegistryChange(
                List.of(),
                List.of(),
                List.of(),
                List.of(Samples.split("m" + ids++, covered)),
                some.stream().map(IndexSplit::id).toList());
    }

    private static TopicMetadata changed(Random random, TopicMetadata topic) {
        List<Long> starts = new ArrayList<>();
        topic.logStartOffsets().forEach(start -> starts.add(start + random.nextInt(3)));
        if (random.nextInt(4) == 0) {
            starts.add(0L);
        }
        return new TopicMetadata(
                topic.id(),
                topic.name(),
                topic.version() + 1,
                Map.of("version", "" + topic.version()),
                starts,
                topic.createdAtMs(),
                false);
    }

    private static <T> List<T> pick(Random random, Collection<T> all) {
        return all.isEmpty()
                ? List.of()
                : List.of(List.copyOf(all).get(random.nextInt(all.size())));
    }
}
