package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.FaultyObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Merging where record segments are under a lock: splits alone become few.
class SplitMergeTest {
    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    private TestNode locked(Path data) throws IOException {
        TestNode node = new TestNode(data, objects);
        node.mergesRecords = false;
        return node;
    }

    private static int fill(TestNode node, TopicMetadata topic, int segments) throws IOException {
        for (int i = 0; i < segments; i++) {
            node.append(topic, i % topic.partitionCount(), "value " + i, "more " + i);
            node.archive();
        }
        return 2 * segments;
    }

    /// Each record segment is covered by one split, each record by one document.
    private static void assertSound(TestNode node, TopicMetadata topic, long documents)
            throws IOException {
        RegistrySnapshot snapshot = node.registry.snapshot();
        List<String> covered = new ArrayList<>();
        for (IndexSplit split : snapshot.splits(topic.id())) {
            covered.addAll(split.recordSegments());
        }
        covered.removeIf(id -> snapshot.segment(id).isEmpty());
        assertThat(covered)
                .containsExactlyInAnyOrderElementsOf(
                        snapshot.segments(topic.id()).stream().map(RecordSegment::id).toList());
        assertThat(node.archivedDocuments(topic)).isEqualTo(documents);
        node.verify();
    }

    @Test
    void manySmallSplitsBecomeFewAndRecordSegmentsStayAsTheyAre() throws IOException {
        try (TestNode node = locked(folder)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            int records = fill(node, topic, 21);
            List<RecordSegment> before = node.registry.snapshot().segments(topic.id());

            UpkeepResult result = node.upkeep(Duration.ZERO);

            assertThat(result.merges()).isPositive();
            assertThat(result.replacedSegments()).isZero();
            RegistrySnapshot after = node.registry.snapshot();
            assertThat(after.segments(topic.id())).isEqualTo(before);
            assertThat(after.splits(topic.id())).hasSizeLessThan(4);
            for (IndexSplit split : after.splits(topic.id())) {
                assertThat(split.ranges().stream().mapToLong(PartitionRange::recordCount).sum())
                        .isEqualTo(2L * split.recordSegments().size());
            }
            assertSound(node, topic, records);
            assertThat(node.upkeep(Duration.ZERO)).isEqualTo(UpkeepResult.NOTHING);
            node.sweep();
            assertSound(node, topic, records);
        }
    }

    /// What is gone stays in the split below the log start offset, and in its range.
    @Test
    void splitsThatOutliveSomeOfTheirSegmentsAreMergedOn() throws IOException {
        try (TestNode node = locked(folder)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            int records = fill(node, topic, 4);
            assertThat(node.upkeep(Duration.ZERO).merges()).isOne();
            TopicMetadata shorter =
                    new TopicMetadata(topic.id(), "t", 2, Map.of(), List.of(3L), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(shorter)));
            assertThat(node.upkeep(Duration.ZERO).retiredSegments()).isOne();
            records += fill(node, topic, 12);

            assertThat(node.upkeep(Duration.ZERO).merges()).isPositive();

            List<IndexSplit> splits = node.registry.snapshot().splits(topic.id());
            assertThat(splits).hasSize(1);
            assertThat(splits.getFirst().recordSegments()).hasSize(15);
            assertThat(splits.getFirst().ranges().getFirst().baseOffset()).isZero();
            assertSound(node, topic, records);
        }
    }

    @Test
    void whenTheLockIsOffRecordSegmentsAreMergedWithWhatTheirSplitsCover() throws IOException {
        try (TestNode node = locked(folder)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            int records = fill(node, topic, 11);
            node.upkeep(Duration.ZERO);
            List<String> first = node.archivedValues(topic, 0);
            node.mergesRecords = true;
            records += fill(node, topic, 6);

            assertThat(node.upkeep(Duration.ZERO).replacedSegments()).isPositive();

            assertThat(node.archivedValues(topic, 0)).startsWith(first.toArray(String[]::new));
            assertSound(node, topic, records);
        }
    }

    @Test
    void aTopicThatIsCompactedFromNowOnIsCompactedSplitBySplit() throws IOException {
        try (TestNode node = locked(folder)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            fill(node, topic, 9);
            node.upkeep(Duration.ZERO);
            fill(node, topic, 2);
            TopicMetadata compacted =
                    new TopicMetadata(
                            topic.id(), "t", 2, KeyedRecords.COMPACT, List.of(0L), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(compacted)));

            assertThat(node.upkeep(Duration.ZERO).compactions()).isOne();

            assertSound(node, topic, 1); // all have one key
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ArchiveStep.class,
            names = {"SPLIT_WRITTEN", "SPLIT_UPLOADED", "COMMITTED"})
    void aProcessThatDiesAfterAnyStepLosesAndDoublesNothing(ArchiveStep fatal) throws IOException {
        TopicMetadata topic;
        int records;
        try (TestNode node = locked(folder)) {
            topic = node.createTopic("t", 1, Map.of());
            records = fill(node, topic, 6);
            node.dieInUpkeep(fatal);
        }
        try (TestNode node = locked(folder)) {
            assertSound(node, topic, records);
            node.upkeep(Duration.ZERO);
            assertThat(node.registry.snapshot().splits(topic.id())).hasSizeLessThan(4);
            node.sweep();
            assertSound(node, topic, records);
        }
    }

    @Test
    void anyHistoryIsSoundThroughMergesOfEitherKindAndFaults() throws IOException {
        for (long seed = 1; seed <= 2; seed++) {
            Random random = new Random(seed);
            FaultyObjectStore store = new FaultyObjectStore(objects, random.nextLong());
            try (TestNode node = new TestNode(folder.resolve("" + seed), store)) {
                TopicMetadata topic = node.createTopic("t" + seed, 3, Map.of());
                for (int round = 1; round <= 15; round++) {
                    node.append(topic, random.nextInt(3), "v".repeat(random.nextInt(1, 4_000)));
                    node.archive();
                    node.mergesRecords = random.nextInt(4) == 0;
                    if (random.nextInt(3) == 0) {
                        store.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.03)
                                .with(FaultyObjectStore.Fault.LOST_ANSWER, 0.03)
                                .with(FaultyObjectStore.Fault.FLIPPED_BIT, 0.02);
                    }
                    try {
                        node.upkeep(Duration.ZERO);
                    } catch (IOException expected) {
                        // tried again in the next round
                    }
                    store.heal();
                    node.registry.refresh();
                    assertSound(node, topic, round);
                }
            }
        }
    }
}
