package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.FaultyObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.IndexSplit;
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
import org.apache.lucene.search.IndexSearcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MergingTest {
    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    /// Documents that have the word, in one generation.
    private static long hits(
            TestNode node, RegistrySnapshot snapshot, TopicMetadata topic, String q)
            throws IOException {
        long hits = 0;
        FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
        try (CachedSplitReaders readers = new CachedSplitReaders(node.tars, 100)) {
            for (IndexSplit split : snapshot.splits(topic.id())) {
                try (SearchableView view = readers.acquire(split)) {
                    hits += new IndexSearcher(view.reader()).count(fields.key(Batches.utf8(q)));
                }
            }
        }
        return hits;
    }

    private static int fill(TestNode node, TopicMetadata topic, int segments) throws IOException {
        for (int i = 0; i < segments; i++) {
            node.append(topic, i % topic.partitionCount(), "value " + i, "more " + i);
            node.archive();
        }
        return 2 * segments;
    }

    @Test
    void manySmallSegmentsBecomeFewAndReadersOfTheOldOnesGoOn() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            int records = fill(node, topic, 21);
            RegistrySnapshot before = node.registry.snapshot();
            List<String> first = node.archivedValues(topic, 0);
            List<String> second = node.archivedValues(topic, 1);
            List<RecordSegment> old = List.copyOf(before.segments(topic.id()));

            UpkeepResult result = node.upkeep(Duration.ZERO);

            assertThat(result.merges()).isPositive();
            assertThat(node.registry.snapshot().segments(topic.id())).hasSizeLessThan(4);
            assertThat(node.registry.snapshot().splits(topic.id())).hasSizeLessThan(4);
            assertThat(node.archivedValues(topic, 0)).isEqualTo(first);
            assertThat(node.archivedValues(topic, 1)).isEqualTo(second);
            assertThat(node.archivedDocuments(topic)).isEqualTo(records);
            assertThat(hits(node, node.registry.snapshot(), topic, "key")).isEqualTo(records);
            assertThat(hits(node, before, topic, "key")).isEqualTo(records);
            for (RecordSegment segment : old) {
                for (String wal : segment.walSegments()) {
                    assertThat(node.registry.snapshot().isArchived(topic.id(), wal)).isTrue();
                }
            }
            assertThat(node.upkeep(Duration.ZERO)).isEqualTo(UpkeepResult.NOTHING);
            node.verify();
        }
    }

    /// Each batch is written again a few times only, however many small segments grow old.
    @Test
    void oldSegmentsDoNotWaitForOthersAndAreNotWrittenAgainAndAgain() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            long replaced = 0;
            int records = 0;
            for (int i = 1; i <= 24; i++) {
                records += fill(node, topic, 1);
                if (i < 4) { // the factor
                    assertThat(node.upkeep(Duration.ofDays(999)).merges()).isZero();
                }
                replaced += node.upkeep(Duration.ofDays(1_001)).replacedSegments();
                assertThat(node.registry.snapshot().segments(topic.id()).size())
                        .isLessThanOrEqualTo(2 + 32 - Integer.numberOfLeadingZeros(i));
            }
            assertThat(replaced).isLessThan(24 * 4);
            assertThat(node.archivedValues(topic, 0)).hasSize(records);
            assertThat(node.archivedDocuments(topic)).isEqualTo(records);
            node.verify();
        }
    }

    @Test
    void aMergedSplitKeepsTheNewestFirst() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            fill(node, topic, 8);
            node.upkeep(Duration.ZERO);
            IndexSplit split = node.registry.snapshot().splits(topic.id()).getFirst();
            try (CachedSplitReaders readers = new CachedSplitReaders(node.tars, 1);
                    SearchableView view = readers.acquire(split)) {
                assertThat(view.reader().leaves()).hasSize(1);
                assertThat(view.reader().leaves().getFirst().reader().getMetaData().sort())
                        .isEqualTo(RecordMapping.newestFirst());
            }
        }
    }

    @Test
    void aTopicThatIsIndexedOnlyNowIsIndexedWhenItIsMerged() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of(IndexSettings.ENABLE, "false"));
            int records = fill(node, topic, 4);
            TopicMetadata indexed =
                    new TopicMetadata(
                            topic.id(), "t", 2, Map.of(), topic.logStartOffsets(), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(indexed)));
            node.upkeep(Duration.ZERO);
            assertThat(node.archivedDocuments(topic)).isEqualTo(records);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ArchiveStep.class,
            names = {"VERIFIED", "RELEASED"},
            mode = EnumSource.Mode.EXCLUDE)
    void aProcessThatDiesAfterAnyStepLosesAndDoublesNothing(ArchiveStep fatal) throws IOException {
        TopicMetadata topic;
        int records;
        try (TestNode node = new TestNode(folder, objects)) {
            topic = node.createTopic("t", 1, Map.of());
            records = fill(node, topic, 6);
            node.dieInUpkeep(fatal);
        }
        try (TestNode node = new TestNode(folder, objects)) {
            assertThat(node.archivedValues(topic, 0)).hasSize(records);
            assertThat(node.archivedDocuments(topic)).isEqualTo(records);
            node.upkeep(Duration.ZERO);
            assertThat(node.registry.snapshot().segments(topic.id())).hasSizeLessThan(4);
            assertThat(node.archivedValues(topic, 0)).hasSize(records);
            assertThat(node.archivedDocuments(topic)).isEqualTo(records);
            node.verify();
        }
    }

    @Test
    void anyHistoryReadsTheSameThroughAnyMergesAndFaults() throws IOException {
        for (long seed = 1; seed <= 3; seed++) {
            Random random = new Random(seed);
            FaultyObjectStore store =
                    new FaultyObjectStore(
                            new InMemoryObjectStore(InstantSource.system()), random.nextLong());
            try (TestNode node = new TestNode(folder.resolve("" + seed), store)) {
                TopicMetadata topic = node.createTopic("t", 3, Map.of());
                List<List<String>> written =
                        List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
                for (int round = 0; round < 15; round++) {
                    int partition = random.nextInt(3);
                    String value = "v".repeat(random.nextInt(1, 4_000)) + round;
                    node.append(topic, partition, value);
                    written.get(partition).add(value);
                    node.archive();
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
                    for (int i = 0; i < 3; i++) {
                        assertThat(node.archivedValues(topic, i))
                                .as("seed %d, round %d", seed, round)
                                .isEqualTo(written.get(i));
                    }
                    assertThat(node.archivedDocuments(topic)).isEqualTo(round + 1);
                }
                node.verify();
            }
        }
    }
}
