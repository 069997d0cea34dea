package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {
    private static final long NOW = 1_790_000_000_000L;

    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    private static void put(TestNode node, TopicMetadata topic, int partition, long timestampMs) {
        ByteBuffer batch = Batches.of(0, List.of(Batches.record(timestampMs, "k", "v")));
        node.append(topic, partition, batch);
    }

    private static UpkeepResult upkeep(TestNode node, long nowMs) throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(nowMs), ZoneOffset.UTC);
        try (ArchiveUpkeep upkeep = node.upkeep(clock, ArchiveStep.Listener.NONE)) {
            return upkeep.runNow();
        }
    }

    private static List<Long> starts(TestNode node, TopicMetadata topic) {
        return node.registry.snapshot().topic(topic.id()).orElseThrow().logStartOffsets();
    }

    @Test
    void whatIsPastItsTimeGoesPartitionByPartition() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of("retention.ms", "1000"));
            put(node, topic, 0, NOW - 5_000);
            put(node, topic, 1, NOW - 5_000);
            node.archive();
            put(node, topic, 0, NOW - 3_000);
            put(node, topic, 1, NOW - 500);
            node.archive();
            put(node, topic, 1, NOW - 9_000);
            node.archive();
            Duration before = Duration.ofMillis(500);
            assertThat(upkeep(node, NOW - 5_000 + before.toMillis()).retiredSegments()).isZero();

            assertThat(upkeep(node, NOW).retiredSegments()).isPositive();

            assertThat(starts(node, topic)).containsExactly(2L, 1L);
            RegistrySnapshot snapshot = node.registry.snapshot();
            assertThat(snapshot.archivedStartOffset(topic.id(), 1)).hasValue(1L);
            assertThat(upkeep(node, NOW).retiredSegments()).isZero();
            assertThat(upkeep(node, NOW + 100_000).retiredSegments()).isPositive();
            assertThat(starts(node, topic)).containsExactly(2L, 3L);
            assertThat(node.registry.snapshot().segments(topic.id())).isEmpty();
            assertThat(node.registry.snapshot().splits(topic.id())).isEmpty();
            assertThat(node.registry.snapshot().archivedEndOffset(topic.id(), 1)).isEqualTo(3);
            put(node, topic, 0, NOW);
            node.archive();
            assertThat(node.registry.snapshot().archivedEndOffset(topic.id(), 0)).isEqualTo(3);
        }
    }

    @Test
    void aPartitionKeepsAtLeastItsBytes() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata probe = node.createTopic("probe", 1, Map.of());
            put(node, probe, 0, NOW);
            node.archive();
            long one =
                    SegmentOrder.sizeBytes(
                            node.registry.snapshot().segments(probe.id()).getFirst());
            TopicMetadata topic =
                    node.createTopic("t", 1, Map.of("retention.bytes", "" + (2 * one)));
            for (int i = 0; i < 5; i++) {
                put(node, topic, 0, NOW);
                node.archive();
            }
            assertThat(upkeep(node, NOW).retiredSegments()).isEqualTo(3);
            assertThat(starts(node, topic)).containsExactly(3L);
        }
    }

    @Test
    void deletedRecordsGoOutOfTheCatalogueAndOtherTopicsStay() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            TopicMetadata compacted =
                    node.createTopic(
                            "c", 1, Map.of("cleanup.policy", "compact", "retention.ms", "1"));
            put(node, topic, 0, NOW);
            put(node, compacted, 0, NOW);
            node.archive();
            put(node, topic, 0, NOW);
            node.archive();
            TopicMetadata deleted =
                    new TopicMetadata(topic.id(), "t", 2, Map.of(), List.of(1L), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(deleted)));

            assertThat(upkeep(node, NOW + 1_000_000).retiredSegments()).isEqualTo(1);

            assertThat(node.registry.snapshot().archivedStartOffset(topic.id(), 0)).hasValue(1L);
            assertThat(node.registry.snapshot().segments(compacted.id())).hasSize(1);
        }
    }
}
