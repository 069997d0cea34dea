package io.annals.indexer;

import static io.annals.indexer.KeyedRecords.COMPACT;
import static io.annals.indexer.KeyedRecords.GONE;
import static io.annals.indexer.KeyedRecords.batch;
import static io.annals.indexer.KeyedRecords.batches;
import static io.annals.indexer.KeyedRecords.put;
import static io.annals.indexer.KeyedRecords.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.annals.archive.InMemoryObjectStore;
import io.annals.indexer.KeyedRecords.Kept;
import io.annals.registry.TopicMetadata;
import io.annals.wal.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactionTest {
    private static final Map<String, String> COMPACT_ALWAYS =
            Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0");

    private static final Duration DAY = Duration.ofDays(1);

    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    @Test
    void ofEachKeyTheLatestRecordStaysWhereItWas() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT);
            put(node, topic, "a", "1");
            put(node, topic, "b", "2");
            node.archive();
            node.append(topic, 0, batch("a", "3", "c", "4", "a", "5"));
            node.archive();

            UpkeepResult result = node.upkeep(Duration.ZERO);

            assertThat(result).isEqualTo(new UpkeepResult(1, 2, 2, 1, 0, 0));
            assertThat(read(node, topic, 0))
                    .containsExactly(
                            new Kept(1, "b", "2"), new Kept(3, "c", "4"), new Kept(4, "a", "5"));
            assertThat(node.archivedDocuments(topic)).isEqualTo(3);
            assertThat(node.registry.snapshot().archivedStartOffset(topic.id(), 0)).hasValue(0L);
            assertThat(node.registry.snapshot().segments(topic.id())).hasSize(1);
            assertThat(node.upkeep(Duration.ZERO)).isEqualTo(UpkeepResult.NOTHING);
            node.verify();
        }
    }

    @Test
    void aRangeThatIsEmptiedStaysReadableToItsEnd() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, COMPACT_ALWAYS);
            put(node, topic, "a", "1");
            node.append(topic, 0, batch("x", GONE, "y", GONE));
            node.archive();
            node.upkeep(Duration.ZERO);
            assertThat(read(node, topic, 0)).hasSize(3);
            put(node, topic, "a", GONE);
            node.archive();
            node.upkeep(DAY.multipliedBy(2));

            assertThat(read(node, topic, 0)).containsExactly(new Kept(3, "a", null));
            put(node, topic, "z", GONE);
            put(node, topic, "z", GONE);
            node.archive();
            node.upkeep(DAY.multipliedBy(4));
            put(node, topic, "z", GONE);
            node.archive();
            node.upkeep(DAY.multipliedBy(6));

            assertThat(node.registry.snapshot().archivedEndOffset(topic.id(), 0)).isEqualTo(7);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(6, "z", null));
            node.verify();
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
            node.archive();
            node.upkeep(DAY);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(1, "a", null));
            put(node, topic, "b", "1");
            node.archive();
            node.upkeep(DAY.plusSeconds(30));
            assertThat(read(node, topic, 0))
                    .containsExactly(new Kept(1, "a", null), new Kept(2, "b", "1"));
            put(node, topic, "b", "2");
            node.archive();
            node.upkeep(DAY.plusMinutes(2));
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
                node.archive();
            }
            assertThat(node.upkeep(Duration.ZERO).compactions()).isOne();
            assertThat(read(node, young, 0)).hasSize(4);
            assertThat(read(node, plain, 0)).hasSize(4);
            put(node, little, "k0", "new");
            node.archive();
            assertThat(node.upkeep(Duration.ZERO).compactions()).isZero();
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
            node.archive();
            assertThat(node.upkeep(Duration.ZERO).compactions()).isZero(); // both are open
            node.append(topic, 0, marker(7, ControlRecordType.ABORT));
            node.append(topic, 0, marker(8, ControlRecordType.COMMIT));
            put(node, topic, "end", "1");
            node.archive();

            assertThat(node.upkeep(Duration.ZERO).compactions()).isOne();

            assertThat(read(node, topic, 0))
                    .containsExactly(
                            new Kept(0, "a", "committed"),
                            new Kept(2, "b", "sure"),
                            new Kept(5, "end", "1"));
            node.verify();
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
            node.archive();
            node.upkeep(Duration.ZERO);
            assertThat(read(node, topic, 0)).containsExactly(new Kept(3, "a", "last"));
            assertThat(batches(node, topic, 0))
                    .extracting(BatchView::producerId, BatchView::baseSequence)
                    .containsExactly(tuple(9L, 2), tuple(-1L, -1));
        }
    }
}
