package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.TopicMetadata;
import io.annals.wal.FetchedBatches;
import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRetentionTest {
    private static final long NOW = 1_790_000_000_000L;
    private static final long MUCH = 1 << 28;

    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    private static InstantSource at(long ms) {
        return InstantSource.fixed(Instant.ofEpochMilli(ms));
    }

    private static void put(TestNode node, TopicMetadata topic, int partition, long timestampMs) {
        ByteBuffer batch = Batches.of(0, List.of(Batches.record(timestampMs, "k", "v")));
        node.append(topic, partition, batch);
    }

    private static ArchiveResult archive(TestNode node, long nowMs, long keptBytes)
            throws IOException {
        try (Archiver archiver = node.archiver(at(nowMs), keptBytes, ArchiveStep.Listener.NONE)) {
            return archiver.archiveNow();
        }
    }

    /// First offset in the hot tier.
    private static long hotStart(TestNode node, TopicMetadata topic, int partition) {
        return node.wal
                .partition(TestNode.partition(topic, partition))
                .orElseThrow()
                .localLogStartOffset();
    }

    @Test
    void whatIsArchivedStaysForItsTimeAndIsArchivedOnce() throws IOException {
        TopicMetadata topic;
        try (TestNode node = new TestNode(folder, objects)) {
            topic = node.createTopic("t", 1, Map.of("local.retention.ms", "1000"));
            put(node, topic, 0, NOW);
            try (Archiver archiver =
                    node.archiver(at(NOW + 1000), MUCH, ArchiveStep.Listener.NONE)) {
                assertThat(archiver.archiveNow().records()).isEqualTo(1);
                assertThat(archiver.status().waitingSegments()).isZero();
                assertThat(node.wal.sealedSegments()).hasSize(1);
                assertThat(archiver.archiveNow()).isEqualTo(ArchiveResult.NOTHING);
            }
        }
        try (TestNode node = new TestNode(folder, objects)) {
            assertThat(archive(node, NOW + 1000, MUCH).records()).isZero();
            assertThat(hotStart(node, topic, 0)).isZero();
            assertThat(node.registry.snapshot().segments(topic.id())).hasSize(1);
            assertThat(archive(node, NOW + 1001, MUCH).records()).isZero();
            assertThat(hotStart(node, topic, 0)).isEqualTo(1);
            assertThat(node.archivedValues(topic, 0)).hasSize(1);
        }
    }

    @Test
    void aSegmentStaysAsLongAsOneOfItsPartitionsWantsIt() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata brief = node.createTopic("brief", 1, Map.of("local.retention.ms", "0"));
            TopicMetadata compacted = node.createTopic("c", 1, Map.of("cleanup.policy", "compact"));
            put(node, brief, 0, NOW - 1);
            put(node, compacted, 0, NOW);
            archive(node, NOW, MUCH);
            assertThat(node.wal.sealedSegments()).isEmpty();

            TopicMetadata lasting = node.createTopic("lasting", 2, Map.of());
            put(node, brief, 0, NOW - 1);
            put(node, lasting, 0, NOW);
            put(node, lasting, 1, NOW);
            archive(node, NOW + MUCH, MUCH);
            assertThat(hotStart(node, lasting, 0)).isZero();
            assertThat(hotStart(node, lasting, 1)).isZero();
            node.deleteTopic(lasting);
            archive(node, NOW, MUCH);
            assertThat(node.wal.sealedSegments()).isEmpty();
        }
    }

    @Test
    void aPartitionKeepsAboutItsLocalBytesAndAllGiveWayWhenRoomIsNeeded() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata probe = node.createTopic("probe", 1, Map.of());
            put(node, probe, 0, NOW);
            long one = node.wal.sizeBytes(TestNode.partition(probe, 0));
            node.deleteTopic(probe);
            TopicMetadata topic =
                    node.createTopic("t", 1, Map.of("local.retention.bytes", "" + 2 * one));
            for (int i = 0; i < 5; i++) {
                put(node, topic, 0, NOW);
                archive(node, NOW, MUCH);
            }
            assertThat(hotStart(node, topic, 0)).isEqualTo(3);

            long two = node.wal.usage().usedBytes();
            put(node, topic, 0, NOW);
            node.wal.sealNow();
            archive(node, NOW, two);
            assertThat(node.wal.usage().usedBytes()).isLessThanOrEqualTo(two);
            assertThat(hotStart(node, topic, 0)).isEqualTo(4);
            archive(node, NOW, 0);
            assertThat(node.wal.sealedSegments()).isEmpty();
            assertThat(node.archivedValues(topic, 0)).hasSize(6);
        }
    }

    @Test
    void whatRetentionTookOutIsNeitherFoundInTheHotTierNorArchivedAgain() throws IOException {
        TopicMetadata brief;
        TopicMetadata lasting;
        try (TestNode node = new TestNode(folder, objects)) {
            brief = node.createTopic("brief", 1, Map.of("retention.ms", "1000"));
            lasting = node.createTopic("lasting", 2, Map.of());
            put(node, brief, 0, NOW);
            put(node, lasting, 0, NOW);
            put(node, lasting, 1, NOW);
            archive(node, NOW, MUCH);
            Clock later = Clock.fixed(Instant.ofEpochMilli(NOW + 2000), ZoneOffset.UTC);
            try (ArchiveUpkeep upkeep = node.upkeep(later, ArchiveStep.Listener.NONE)) {
                assertThat(upkeep.runNow().retiredSegments()).isEqualTo(1);
            }
            assertThat(node.wal.offsetForTimestamp(TestNode.partition(brief, 0), 0)).isEmpty();
            assertThat(archive(node, NOW + 2000, MUCH).records()).isZero();
        }
        try (TestNode node = new TestNode(folder, objects)) {
            assertThat(archive(node, NOW + 2000, MUCH).records()).isZero();
            assertThat(node.registry.snapshot().segments(brief.id())).isEmpty();
            assertThat(hotStart(node, lasting, 0)).isZero();
            assertThat(archive(node, NOW + 2000, 0).records()).isZero();
            assertThat(node.wal.sealedSegments()).isEmpty();
        }
    }

    @Test
    void theSizeOfATopicCountsBothTiersAndNothingTwice() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata probe = node.createTopic("probe", 1, Map.of());
            put(node, probe, 0, NOW);
            long one = node.wal.sizeBytes(TestNode.partition(probe, 0));
            TopicMetadata topic = node.createTopic("t", 1, Map.of("retention.bytes", "" + 4 * one));
            for (int i = 0; i < 4; i++) {
                put(node, topic, 0, NOW);
                archive(node, NOW, MUCH);
            }
            Clock clock = Clock.fixed(Instant.ofEpochMilli(NOW), ZoneOffset.UTC);
            try (ArchiveUpkeep upkeep = node.upkeep(clock, ArchiveStep.Listener.NONE)) {
                assertThat(upkeep.runNow().retiredSegments()).isZero();
                put(node, topic, 0, NOW);
                put(node, topic, 0, NOW);
                assertThat(upkeep.runNow().retiredSegments()).isEqualTo(2);
            }
            assertThat(node.registry.snapshot().topic(topic.id()).orElseThrow().logStartOffsets())
                    .containsExactly(2L);
        }
    }

    /// Appends, archives, restarts and lets go at random: everything is archived once, every offset
    /// is in a tier, and what leaves had a reason to.
    @Test
    void anyHistoryIsArchivedOnceAndReadableThroughout() throws IOException {
        for (long seed = 1; seed <= 4; seed++) {
            Random random = new Random(seed);
            InMemoryObjectStore store = new InMemoryObjectStore(InstantSource.system());
            Path home = folder.resolve("model-" + seed);
            List<List<String>> written = List.of(new ArrayList<>(), new ArrayList<>());
            long nowMs = NOW;
            String localMs = "" + random.nextInt(3_000);
            TestNode node = new TestNode(home, store);
            TopicMetadata topic = node.createTopic("t", 2, Map.of("local.retention.ms", localMs));
            for (int step = 0; step < 60; step++) {
                nowMs += random.nextInt(500);
                switch (random.nextInt(5)) {
                    case 0, 1, 2 -> {
                        int partition = random.nextInt(2);
                        String value = "value " + step;
                        ByteBuffer batch =
                                Batches.of(0, List.of(Batches.record(nowMs, "k", value)));
                        node.append(topic, partition, batch);
                        written.get(partition).add(value);
                    }
                    case 3 -> {
                        archive(node, nowMs, MUCH);
                        requireReason(node, nowMs, Long.parseLong(localMs));
                    }
                    default -> {
                        node.close();
                        node = new TestNode(home, store);
                    }
                }
                for (int p = 0; p < 2; p++) {
                    int archived = node.archivedValues(topic, p).size();
                    assertThat(node.archivedValues(topic, p))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(written.get(p).subList(0, archived));
                    assertThat(hotStart(node, topic, p)).isLessThanOrEqualTo(archived);
                    requireHot(node, topic, p, written.get(p).size());
                }
            }
            assertThat(node.archivedDocuments(topic))
                    .isEqualTo(
                            node.archivedValues(topic, 0).size()
                                    + node.archivedValues(topic, 1).size());
            node.close();
        }
    }

    /// What is left after a pass either has a partition that wants it or stands behind one that
    /// does.
    private static void requireReason(TestNode node, long nowMs, long localMs) {
        Map<String, Boolean> wanted = new java.util.HashMap<>();
        for (SealedSegment segment : node.wal.sealedSegments()) {
            boolean isYoung =
                    segment.contents().values().stream()
                            .anyMatch(held -> nowMs - held.maxTimestampMs() <= localMs);
            wanted.merge(LocalRetention.shard(segment), isYoung, Boolean::logicalOr);
            assertThat(wanted.get(LocalRetention.shard(segment))).isTrue();
        }
    }

    private static void requireHot(TestNode node, TopicMetadata topic, int partition, long end) {
        long next = hotStart(node, topic, partition);
        while (next < end) {
            Optional<FetchedBatches> read =
                    node.wal.read(TestNode.partition(topic, partition), next, 1 << 20);
            try (FetchedBatches batches = read.orElseThrow()) {
                assertThat(batches.nextOffset()).isGreaterThan(next);
                next = batches.nextOffset();
            }
        }
        assertThat(next).isEqualTo(end);
    }
}
