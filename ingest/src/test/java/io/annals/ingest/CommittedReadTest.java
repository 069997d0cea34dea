package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FsyncMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a stock consumer reads of transactions, with either isolation level and from both tiers.
@Timeout(60)
class CommittedReadTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);
    private static final Duration LONG_POLL = Duration.ofSeconds(8);

    @TempDir Path directory;

    private TestNode node;
    private TopicIdPartition partition;
    private final Map<Long, Integer> sequences = new HashMap<>();

    @BeforeEach
    void createTopic() throws Exception {
        node = new TestNode(directory, TestNode.Options.defaults());
        try (Admin admin = node.admin()) {
            admin.createTopics(List.of(new NewTopic("t", Optional.of(1), Optional.empty())))
                    .all()
                    .get();
        }
        partition =
                new TopicIdPartition(
                        node.registry.snapshot().topic("t").orElseThrow().id(), PARTITION);
    }

    @AfterEach
    void close() throws IOException {
        node.close();
    }

    private void send(long producer, String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(values[i].getBytes(StandardCharsets.UTF_8));
        }
        int sequence = sequences.merge(producer, values.length, Integer::sum) - values.length;
        append(
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE, producer, (short) 0, sequence, records));
    }

    private void sendPlain(String value) {
        append(
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(value.getBytes(StandardCharsets.UTF_8))));
    }

    private void append(MemoryRecords records) {
        ByteBuffer batch = records.buffer();
        assertThat(
                        node.wal
                                .append(new AppendRequest(partition, batch, FsyncMode.BATCH, false))
                                .join())
                .isInstanceOf(AppendOutcome.Appended.class);
    }

    private void end(long producer, boolean commit) {
        node.wal
                .endTransaction(
                        new EndTransaction(
                                producer, (short) 0, 0, commit, Set.of(partition), FsyncMode.BATCH))
                .values()
                .forEach(answer ->
                        assertThat(answer.join()).isInstanceOf(AppendOutcome.Appended.class));
    }

    private KafkaConsumer<byte[], byte[]> consumer(IsolationLevel isolation, Duration maxWait) {
        KafkaConsumer<byte[], byte[]> consumer =
                node.consumer(
                        Map.of(
                                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                                isolation.toString(),
                                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                                (int) maxWait.toMillis()));
        consumer.assign(List.of(PARTITION));
        consumer.seekToBeginning(List.of(PARTITION));
        return consumer;
    }

    /// Everything up to where this isolation level ends.
    private List<String> read(IsolationLevel isolation) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(isolation, Duration.ofMillis(50))) {
            long end = consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, -1L);
            List<String> values = new ArrayList<>();
            while (consumer.position(PARTITION) < end) {
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    values.add(new String(record.value(), StandardCharsets.UTF_8));
                }
            }
            return values;
        }
    }

    private List<String> committed() {
        return read(IsolationLevel.READ_COMMITTED);
    }

    private List<String> everything() {
        return read(IsolationLevel.READ_UNCOMMITTED);
    }

    @Test
    void abortedRecordsAreReadByNobodyWhoAsksForCommittedOnes() {
        send(1, "a1", "a2");
        send(2, "b1");
        sendPlain("p");
        end(2, false);
        end(1, true);
        send(2, "b2");
        end(2, true);
        assertThat(committed()).containsExactly("a1", "a2", "p", "b2");
        assertThat(everything()).containsExactly("a1", "a2", "b1", "p", "b2");
    }

    @Test
    void committedReadsStopAtTheOldestOpenTransaction() throws Exception {
        sendPlain("p1");
        send(1, "a1");
        sendPlain("p2");
        assertThat(committed()).containsExactly("p1");
        assertThat(everything()).containsExactly("p1", "a1", "p2");
        try (Admin admin = node.admin()) {
            assertThat(latest(admin, IsolationLevel.READ_COMMITTED)).isEqualTo(1);
            assertThat(latest(admin, IsolationLevel.READ_UNCOMMITTED)).isEqualTo(3);
        }
    }

    private static long latest(Admin admin, IsolationLevel isolation) throws Exception {
        return admin.listOffsets(
                        Map.of(PARTITION, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                .partitionResult(PARTITION)
                .get()
                .offset();
    }

    @Test
    void aWaitingConsumerHearsOfTheEndOfATransactionAtOnce() throws Exception {
        send(1, "a1");
        try (KafkaConsumer<byte[], byte[]> consumer =
                consumer(IsolationLevel.READ_COMMITTED, LONG_POLL)) {
            assertThat(consumer.poll(Duration.ofMillis(500)).isEmpty()).isTrue();
            long began = System.nanoTime();
            end(1, true);
            assertThat(consumer.poll(LONG_POLL).count()).isEqualTo(1);
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isLessThan(LONG_POLL.dividedBy(2));
        }
    }

    @Test
    void archivedTransactionsAreReadAsHotOnes() throws IOException {
        send(1, "a1");
        send(2, "b1");
        end(2, false);
        node.archive();
        send(1, "a2");
        node.archive();
        assertThat(committed()).isEmpty();
        assertThat(everything()).containsExactly("a1", "b1", "a2");
        end(1, false);
        sendPlain("p");
        assertThat(committed()).containsExactly("p");
        node.archive();
        assertThat(committed()).containsExactly("p");
        assertThat(everything()).containsExactly("a1", "b1", "a2", "p");
        send(3, "c1");
        node.archive();
        end(3, true);
        assertThat(committed()).containsExactly("p", "c1");
        node.archive();
        assertThat(committed()).containsExactly("p", "c1");
    }

    @Test
    void whatWasOpenWhenTheDiskWasLostIsAborted() throws IOException {
        sendPlain("p1");
        send(1, "a1");
        send(2, "b1");
        end(2, true);
        node.archive();
        end(1, true); // lost with the disk
        node.close();
        node = new TestNode(directory.resolve("new"), TestNode.Options.defaults(), node.objects);
        assertThat(committed()).containsExactly("p1", "b1");
        assertThat(everything()).containsExactly("p1", "a1", "b1");
        sendPlain("p2");
        node.archive();
        assertThat(committed()).containsExactly("p1", "b1", "p2");
    }
}
