package io.annals.ingest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.ingest.TestNode;
import io.annals.ingest.Topic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InternalTopicsTest {
    private static final String NAME = "__consumer_offsets";

    @TempDir private Path directory;
    private TestNode node;
    private InternalTopics topics;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        topics = node.internalTopics;
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private static MemoryRecords records(String... values) {
        SimpleRecord[] records = new SimpleRecord[values.length];
        for (int i = 0; i < values.length; i++) {
            records[i] = new SimpleRecord(values[i].getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(Compression.NONE, records);
    }

    private List<String> replayed(TopicIdPartition partition) throws IOException {
        List<String> values = new ArrayList<>();
        long end =
                new InternalLogScan(node.reader(), partition)
                        .replay(batch -> {
                            for (Record record : batch) {
                                assertThat(record.offset()).isEqualTo(values.size());
                                values.add(Utils.utf8(record.value()));
                            }
                        });
        assertThat(end).isEqualTo(values.size());
        return values;
    }

    private static void get(CompletableFuture<Void> durable) throws Exception {
        durable.get(10, TimeUnit.SECONDS);
    }

    @Test
    void aTopicIsMadeWhenItIsFirstNeededAndKeepsItsPartitions() throws Exception {
        assertThat(topics.find(InternalTopic.CONSUMER_OFFSETS)).isEmpty();

        Topic made = topics.ensure(InternalTopic.CONSUMER_OFFSETS);

        assertThat(made.partitionCount()).isEqualTo(5);
        assertThat(made.metadata().configs())
                .containsEntry("cleanup.policy", "compact")
                .containsEntry("annals.index.enable", "false");
        assertThat(topics.ensure(InternalTopic.CONSUMER_OFFSETS).id()).isEqualTo(made.id());
        InternalTopics withOtherSettings =
                new InternalTopics(
                        node.ingest.topics(), node.wal, Map.of(InternalTopic.CONSUMER_OFFSETS, 50));
        assertThat(withOtherSettings.partitionCount(InternalTopic.CONSUMER_OFFSETS)).isEqualTo(5);
        assertThat(topics.partitionFor(InternalTopic.CONSUMER_OFFSETS, "a-group"))
                .isEqualTo(Utils.abs("a-group".hashCode()) % 5);
    }

    @Test
    void whoeverNeedsATopicAtTheSameTimeGetsTheSameOne() throws Exception {
        List<CompletableFuture<Topic>> asked = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            asked.add(CompletableFuture.supplyAsync(this::ensured, Thread.ofVirtual()::start));
        }
        Topic first = asked.getFirst().get(10, TimeUnit.SECONDS);
        for (CompletableFuture<Topic> topic : asked) {
            assertThat(topic.get(10, TimeUnit.SECONDS).id()).isEqualTo(first.id());
        }
    }

    private Topic ensured() {
        try {
            return topics.ensure(InternalTopic.TRANSACTION_STATE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void appendsKnowTheirOffsetsAtOnceAndBecomeDurableInOrder() throws Exception {
        List<String> failures = new ArrayList<>();
        InternalLog log =
                topics.open(InternalTopic.CONSUMER_OFFSETS, 1, (_, reason) -> failures.add(reason));
        List<CompletableFuture<Void>> durable = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            InternalLog.Appending appending = log.append(records("a" + i, "b" + i));
            assertThat(appending.baseOffset()).isEqualTo(2L * i);
            assertThat(appending.endOffset()).isEqualTo(2L * i + 2);
            durable.add(appending.durable().toCompletableFuture());
            expected.addAll(List.of("a" + i, "b" + i));
        }
        for (int i = 0; i < durable.size(); i++) {
            get(durable.get(i));
            assertThat(node.wal.partition(log.partition()).orElseThrow().highWatermark())
                    .isGreaterThanOrEqualTo(2L * i + 2);
        }

        assertThat(replayed(log.partition())).isEqualTo(expected);
        assertThat(failures).isEmpty();
    }

    @Test
    void aPartitionIsReplayedOverBothTiersAndGoesOnBehindItsEnd() throws Exception {
        InternalLog log = topics.open(InternalTopic.TRANSACTION_STATE, 0, (_, _) -> {});
        get(log.append(records("archived")).durable().toCompletableFuture());
        log.close();
        assertThatThrownBy(() -> log.append(records("late")))
                .isInstanceOf(KafkaStorageException.class);
        node.archive();

        InternalLog reopened = topics.open(InternalTopic.TRANSACTION_STATE, 0, (_, _) -> {});
        InternalLog.Appending hot = reopened.append(records("hot"));
        get(hot.durable().toCompletableFuture());

        assertThat(hot.baseOffset()).isEqualTo(1);
        assertThat(replayed(log.partition())).containsExactly("archived", "hot");
    }

    @Test
    void aWriterThatTheLogRefusesEndsAndSaysSo() throws Exception {
        CompletableFuture<String> failure = new CompletableFuture<>();
        InternalLog log =
                topics.open(
                        InternalTopic.CONSUMER_OFFSETS, 0, (_, reason) -> failure.complete(reason));
        get(log.append(records("kept")).durable().toCompletableFuture());
        node.wal.close();

        CompletableFuture<Void> lost = log.append(records("lost")).durable().toCompletableFuture();

        assertThatThrownBy(() -> get(lost))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(KafkaStorageException.class);
        assertThat(failure.get(10, TimeUnit.SECONDS)).contains("closed");
        assertThatThrownBy(() -> log.append(records("later")))
                .isInstanceOf(KafkaStorageException.class);
    }

    @Test
    void usersSeeAnInternalTopicButCannotChangeIt() throws Exception {
        Topic topic = topics.ensure(InternalTopic.CONSUMER_OFFSETS);
        try (Admin admin = node.admin();
                KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            assertThat(admin.listTopics(new ListTopicsOptions().listInternal(false)).names().get())
                    .isEmpty();
            assertThat(admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get())
                    .containsExactly(NAME);
            assertThat(admin.describeTopics(Set.of(NAME)).allTopicNames().get().get(NAME))
                    .matches(described -> described.isInternal())
                    .matches(described -> described.partitions().size() == 5);

            refused(admin.deleteTopics(Set.of(NAME)).all(), InvalidTopicException.class);
            refused(
                    admin.createPartitions(Map.of(NAME, NewPartitions.increaseTo(8))).all(),
                    InvalidTopicException.class);
            refused(
                    admin.deleteRecords(
                                    Map.of(
                                            new TopicPartition(NAME, 0),
                                            RecordsToDelete.beforeOffset(0)))
                            .all(),
                    InvalidTopicException.class);
            refused(
                    admin.createTopics(Set.of(new NewTopic("__transaction_state", 1, (short) 1)))
                            .all(),
                    InvalidTopicException.class);
            refused(
                    admin.incrementalAlterConfigs(
                                    Map.of(
                                            new ConfigResource(ConfigResource.Type.TOPIC, NAME),
                                            Set.of(
                                                    new AlterConfigOp(
                                                            new ConfigEntry(
                                                                    "cleanup.policy", "delete"),
                                                            OpType.SET))))
                            .all(),
                    InvalidConfigurationException.class);
            assertThatThrownBy(() ->
                            producer.send(new ProducerRecord<>(NAME, 0, null, new byte[1])).get())
                    .hasCauseInstanceOf(InvalidTopicException.class);
        }
        assertThat(topics.find(InternalTopic.CONSUMER_OFFSETS)).contains(topic);
    }

    private static void refused(KafkaFuture<Void> change, Class<? extends Exception> error) {
        assertThatThrownBy(() -> change.get()).hasCauseInstanceOf(error);
    }
}
