package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.annals.archive.ArchiveFinding;
import io.annals.archive.ArchiveVerifier;
import io.annals.archive.FaultyObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.SeekableRecordSegments;
import io.annals.registry.RecordSegment;
import io.annals.registry.TopicMetadata;
import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import io.annals.wal.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompactionTest {
    private static final Map<String, String> COMPACT = Map.of("cleanup.policy", "compact");
    private static final Map<String, String> COMPACT_ALWAYS =
            Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0");

    /// Stands for a tombstone.
    private static final String GONE = "gone";

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    private static final class ProcessDied extends Error {
        private static final long serialVersionUID = 1;
    }

    /// A record as the archive holds it.
    private record Kept(long offset, @Nullable String key, @Nullable String value) {}

    private static @Nullable String value(String value) {
        return value.equals(GONE) ? null : value;
    }

    private static ByteBuffer batch(String... keysAndValues) {
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            records.add(
                    Batches.record(
                            1_790_000_000_000L + i, keysAndValues[i], value(keysAndValues[i + 1])));
        }
        return Batches.of(0, records);
    }

    private static void put(TestNode node, TopicMetadata topic, String key, String value) {
        node.append(topic, 0, batch(key, value));
    }

    private static void archive(TestNode node) throws IOException {
        try (Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            archiver.archiveNow();
        }
    }

    private static UpkeepResult upkeep(TestNode node, Duration later) throws IOException {
        try (ArchiveUpkeep upkeep =
                node.upkeep(Clock.offset(Clock.systemUTC(), later), ArchiveStep.Listener.NONE)) {
            return upkeep.runNow();
        }
    }

    /// Reads as a consumer does: from offset to offset, until the end.
    private static List<Kept> read(TestNode node, TopicMetadata topic, int partition)
            throws IOException {
        List<Kept> kept = new ArrayList<>();
        for (BatchView batch : batches(node, topic, partition)) {
            try (RecordReader reader = new RecordReader(1 << 24)) {
                reader.open(batch);
                while (!batch.isControl() && reader.next()) {
                    kept.add(new Kept(reader.offset(), text(reader.key()), text(reader.value())));
                }
            }
        }
        return kept;
    }

    private static List<BatchView> batches(TestNode node, TopicMetadata topic, int partition)
            throws IOException {
        SeekableRecordSegments segments = new SeekableRecordSegments(node.tars, 1 << 20);
        List<BatchView> batches = new ArrayList<>();
        long end = node.registry.snapshot().archivedEndOffset(topic.id(), partition);
        long next = 0;
        while (next < end) {
            RecordSegment segment =
                    node.registry.snapshot().segmentFor(topic.id(), partition, next).orElseThrow();
            FetchedBatches found = segments.read(segment, partition, next, 200);
            assertThat(found.batches()).as("nothing at " + next + " of " + end).isNotEmpty();
            for (ByteBuffer bytes : found.batches()) {
                BatchView batch = BatchView.of(bytes);
                assertThat(batch.crcIsValid()).isTrue();
                assertThat(batch.nextOffset()).isGreaterThan(next);
                batches.add(batch);
                next = batch.nextOffset();
            }
        }
        assertThat(next).isEqualTo(end);
        return batches;
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private static void verify(TestNode node) throws IOException {
        ArchiveVerifier verifier = new ArchiveVerifier(node.store, node.tars, 2);
        assertThat(verifier.verify(node.registry.snapshot(), (_, _, _) -> {}).findings())
                .filteredOn(ArchiveFinding::isProblem)
                .isEmpty();
    }

    @Test
    void ofEachKeyTheLatestRecordStaysWhereItWas() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT);
            put(node, topic, "a", "1");
            put(node, topic, "b", "2");
            archive(node);
            node.append(topic, 0, batch("a", "3", "c", "4", "a", "5"));
            archive(node);

            UpkeepResult result = upkeep(node, Duration.ZERO);

            assertThat(result).isEqualTo(new UpkeepResult(1, 2, 2, 1, 0, 0));
            assertThat(read(node, topic, 0))
                    .containsExactly(
                            new Kept(1, "b", "2"), new Kept(3, "c", "4"), new Kept(4, "a", "5"));
            assertThat(node.archivedDocuments(topic)).isEqualTo(3);
            assertThat(node.registry.snapshot().archivedStartOffset(topic.id(), 0)).hasValue(0L);
            assertThat(node.registry.snapshot().segments(topic.id())).hasSize(1);
            assertThat(upkeep(node, Duration.ZERO)).isEqualTo(UpkeepResult.NOTHING);
            verify(node);
        }
    }

    @Test
    void aRangeThatIsEmptiedStaysReadableToItsEnd() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT_ALWAYS);
            put(node, topic, "a", "1");
            node.append(topic, 0, batch("x", GONE, "y", GONE));
            archive(node);
            upkeep(node, Duration.ZERO);
            assertThat(read(node, topic, 0)).hasSize(3);
            put(node, topic, "a", GONE);
            archive(node);
            upkeep(node, DAY.multipliedBy(2));

            assertThat(read(node, topic, 0)).containsExactly(new Kept(3, "a", null));
            put(node, topic, "z", GONE);
            put(node, topic, "z", GONE);
            archive(node);
            upkeep(node, DAY.multipliedBy(4));
            put(node, topic, "z", GONE);
            archive(node);
            upkeep(node, DAY.multipliedBy(6));

            assertThat(node.registry.snapshot().archivedEndOffset(topic.id(), 0)).isEqualTo(7);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(6, "z", null));
            verify(node);
        }
    }

    @Test
    void aTombstoneStaysForItsTimeAfterTheFirstCompaction() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic =
                    node.createTopic(
                            "t",
                            1,
                            Map.of(
                                    "cleanup.policy",
                                    "compact,delete",
                                    "delete.retention.ms",
                                    "60000",
                                    "min.cleanable.dirty.ratio",
                                    "0"));
            put(node, topic, "a", "1");
            put(node, topic, "a", GONE);
            archive(node);
            upkeep(node, DAY);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(1, "a", null));
            put(node, topic, "b", "1");
            archive(node);
            upkeep(node, DAY.plusSeconds(30));
            assertThat(read(node, topic, 0))
                    .containsExactly(new Kept(1, "a", null), new Kept(2, "b", "1"));
            put(node, topic, "b", "2");
            archive(node);
            upkeep(node, DAY.plusMinutes(2));
            assertThat(read(node, topic, 0)).containsExactly(new Kept(3, "b", "2"));
        }
    }

    @Test
    void whatIsTooYoungOrTooLittleIsLeftAlone() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata young =
                    node.createTopic(
                            "young",
                            1,
                            Map.of(
                                    "cleanup.policy",
                                    "compact",
                                    "min.compaction.lag.ms",
                                    "" + Long.MAX_VALUE / 4));
            TopicMetadata little = node.createTopic("little", 1, COMPACT);
            TopicMetadata plain = node.createTopic("plain", 1, Map.of());
            for (int i = 0; i < 4; i++) {
                put(node, young, "a", "" + i);
                put(node, plain, "a", "" + i);
                put(node, little, "k" + i, "" + i);
                archive(node);
            }
            assertThat(upkeep(node, Duration.ZERO).compactions()).isOne();
            assertThat(read(node, young, 0)).hasSize(4);
            assertThat(read(node, plain, 0)).hasSize(4);
            put(node, little, "k0", "new");
            archive(node);
            assertThat(upkeep(node, Duration.ZERO).compactions()).isZero();
            assertThat(read(node, little, 0)).hasSize(5);
        }
    }

    @Test
    void recordsOfAbortedTransactionsGoAndHideNothing() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT);
            put(node, topic, "a", "committed");
            node.append(topic, 0, transactional(7, 0, "a", "aborted"));
            node.append(topic, 0, transactional(8, 0, "b", "sure"));
            archive(node);
            assertThat(upkeep(node, Duration.ZERO).compactions()).isZero(); // both are open
            node.append(topic, 0, marker(7, ControlRecordType.ABORT));
            node.append(topic, 0, marker(8, ControlRecordType.COMMIT));
            put(node, topic, "end", "1");
            archive(node);

            assertThat(upkeep(node, Duration.ZERO).compactions()).isOne();

            assertThat(read(node, topic, 0))
                    .containsExactly(
                            new Kept(0, "a", "committed"),
                            new Kept(2, "b", "sure"),
                            new Kept(5, "end", "1"));
            verify(node);
        }
    }

    private static ByteBuffer transactional(long producer, int sequence, String key, String value) {
        return MemoryRecords.withTransactionalRecords(
                        Compression.NONE,
                        producer,
                        (short) 0,
                        sequence,
                        Batches.record(1_790_000_000_000L, key, value))
                .buffer();
    }

    private static ByteBuffer marker(long producer, ControlRecordType type) {
        return MemoryRecords.withEndTransactionMarker(
                        producer, (short) 0, new EndTransactionMarker(type, 0))
                .buffer();
    }

    @Test
    void theLastBatchOfAProducerStaysWithItsSequence() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT);
            for (int i = 0; i < 3; i++) {
                node.append(
                        topic,
                        0,
                        MemoryRecords.withIdempotentRecords(
                                        Compression.gzip().build(),
                                        9,
                                        (short) 0,
                                        i,
                                        Batches.record(1_790_000_000_000L, "a", "" + i))
                                .buffer());
            }
            put(node, topic, "a", "last");
            archive(node);
            upkeep(node, Duration.ZERO);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(3, "a", "last"));
            assertThat(batches(node, topic, 0))
                    .extracting(BatchView::producerId, BatchView::baseSequence)
                    .containsExactly(tuple(9L, 2), tuple(-1L, -1));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ArchiveStep.class,
            names = {"VERIFIED", "RELEASED"},
            mode = EnumSource.Mode.EXCLUDE)
    void aProcessThatDiesAfterAnyStepLosesNothing(ArchiveStep fatal) throws IOException {
        TopicMetadata topic;
        try (TestNode node = new TestNode(folder, objects)) {
            topic = node.createTopic("t", 2, COMPACT);
            for (int i = 0; i < 20; i++) {
                node.append(topic, i % 2, batch("k" + i % 3, "" + i));
                if (i % 5 == 4) {
                    archive(node);
                }
            }
            ArchiveUpkeep upkeep =
                    node.upkeep(
                            Clock.systemUTC(),
                            (step, _) -> {
                                if (step == fatal) {
                                    throw new ProcessDied();
                                }
                            });
            try {
                upkeep.runNow();
            } catch (ProcessDied expected) {
                // nothing of it is closed
            }
        }
        try (TestNode node = new TestNode(folder, objects)) {
            assertThat(latest(read(node, topic, 0)))
                    .isEqualTo(Map.of("k0", "18", "k1", "16", "k2", "14"));
            assertThat(latest(read(node, topic, 1)))
                    .isEqualTo(Map.of("k0", "15", "k1", "19", "k2", "17"));
            upkeep(node, Duration.ZERO);
            assertThat(read(node, topic, 0)).hasSize(3);
            assertThat(read(node, topic, 1)).hasSize(3);
            assertThat(node.archivedDocuments(topic)).isEqualTo(6);
            verify(node);
        }
    }

    private static Map<String, String> latest(List<Kept> records) {
        Map<String, String> latest = new TreeMap<>();
        for (Kept record : records) {
            String key = String.valueOf(record.key());
            if (record.value() == null) {
                latest.remove(key);
            } else {
                latest.put(key, record.value());
            }
        }
        return latest;
    }

    @Test
    void randomHistoriesComeBackAsTheirLatestState() throws IOException {
        for (long seed = 1; seed <= 4; seed++) {
            Random random = new Random(seed);
            FaultyObjectStore store =
                    new FaultyObjectStore(
                            new InMemoryObjectStore(InstantSource.system()), random.nextLong());
            try (TestNode node = new TestNode(folder.resolve("" + seed), store)) {
                checkRandomHistory(node, store, random, "seed " + seed);
            }
        }
    }

    private static void checkRandomHistory(
            TestNode node, FaultyObjectStore store, Random random, String seed) throws IOException {
        TopicMetadata topic = node.createTopic("t", 2, COMPACT);
        List<Map<Long, Kept>> written = List.of(new TreeMap<>(), new TreeMap<>());
        Duration later = Duration.ZERO;
        for (int round = 0; round < 10; round++) {
            int appends = random.nextInt(1, 30);
            for (int i = 0; i < appends; i++) {
                append(node, topic, random, written);
            }
            archive(node);
            later = later.plusHours(random.nextInt(20));
            if (random.nextInt(3) == 0) {
                store.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.05)
                        .with(FaultyObjectStore.Fault.LOST_ANSWER, 0.05)
                        .with(FaultyObjectStore.Fault.FLIPPED_BIT, 0.02);
            }
            try {
                upkeep(node, later);
            } catch (IOException expected) {
                // tried again in the next round
            }
            store.heal();
            node.registry.refresh();
            for (int partition = 0; partition < 2; partition++) {
                List<Kept> kept = read(node, topic, partition);
                Map<Long, Kept> all = written.get(partition);
                assertThat(all.values()).as(seed).containsAll(kept);
                assertThat(latest(kept)).as(seed).isEqualTo(latest(new ArrayList<>(all.values())));
            }
        }
        upkeep(node, later);
        assertThat(node.registry.snapshot().segments(topic.id())).as(seed).hasSizeLessThan(10);
        verify(node);
    }

    private static void append(
            TestNode node, TopicMetadata topic, Random random, List<Map<Long, Kept>> written) {
        int partition = random.nextInt(2);
        int count = random.nextInt(1, 4);
        String[] keysAndValues = new String[2 * count];
        for (int i = 0; i < count; i++) {
            keysAndValues[2 * i] = "k" + random.nextInt(8);
            keysAndValues[2 * i + 1] = random.nextInt(4) == 0 ? GONE : "v" + random.nextInt();
        }
        long base = node.append(topic, partition, batch(keysAndValues));
        for (int i = 0; i < count; i++) {
            written.get(partition)
                    .put(
                            base + i,
                            new Kept(
                                    base + i,
                                    keysAndValues[2 * i],
                                    value(keysAndValues[2 * i + 1])));
        }
    }
}
