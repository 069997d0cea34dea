package io.annals.ingest.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.ingest.TestNode;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a reader of `__consumer_offsets` answers, which is what the coordinator itself would.
@Timeout(60)
class ArchivedGroupsTest {
    private static final TopicPartition FIRST = new TopicPartition("t", 0);
    private static final TopicPartition SECOND = new TopicPartition("t", 1);

    @TempDir private Path directory;
    private TestNode node;
    private ArchivedGroups groups;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.createTopic("t", 2);
        groups =
                new ArchivedGroups(
                        node.ingest.topics(),
                        node.reader(),
                        new GroupSettings(Map.of()),
                        new ArchivedGroups.Broker(1, InstantSource.system()));
    }

    @AfterEach
    void stop() throws Exception {
        groups.close();
        node.close();
    }

    @Test
    void nothingIsCommittedBeforeThereIsATopicForIt() throws Exception {
        groups.follow();

        assertThat(committed("g")).isEmpty();
    }

    @Test
    void followsCommitsAndDeletions() throws Exception {
        commit("g", Map.of(FIRST, 5L, SECOND, 7L));
        groups.follow();
        assertThat(committed("g")).isEqualTo(Map.of(FIRST, 5L, SECOND, 7L));

        commit("g", Map.of(FIRST, 6L));
        try (Admin admin = node.admin()) {
            admin.deleteConsumerGroupOffsets("g", Set.of(SECOND)).all().get();
        }
        groups.follow();

        assertThat(committed("g")).isEqualTo(Map.of(FIRST, 6L));
        OffsetFetchResponseGroup asked =
                groups.committed(
                        new OffsetFetchRequestGroup()
                                .setGroupId("g")
                                .setTopics(
                                        List.of(
                                                new OffsetFetchRequestTopics()
                                                        .setName("t")
                                                        .setPartitionIndexes(List.of(0, 1)))),
                        false);
        assertThat(asked.topics().getFirst().partitions())
                .extracting(OffsetFetchResponsePartitions::committedOffset)
                .containsExactly(6L, -1L);
        assertThat(committed("another")).isEmpty();
    }

    @Test
    void offsetsOfATransactionCountWhenItIsCommitted() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                node.producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "id"))) {
            producer.initTransactions();
            send(producer, 10);
            producer.commitTransaction();
            send(producer, 20);
            producer.abortTransaction();
            groups.follow();
            assertThat(committed("tx")).isEqualTo(Map.of(FIRST, 10L));

            send(producer, 30);
            groups.follow();
            assertThat(committed("tx")).isEqualTo(Map.of(FIRST, 10L));
            assertThat(groups.committed(all("tx"), true).topics().getFirst().partitions())
                    .extracting(OffsetFetchResponsePartitions::errorCode)
                    .containsExactly(Errors.UNSTABLE_OFFSET_COMMIT.code());

            producer.commitTransaction();
            groups.follow();
            assertThat(committed("tx")).isEqualTo(Map.of(FIRST, 30L));
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, long offset) {
        producer.beginTransaction();
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("group.id", "tx"))) {
            producer.sendOffsetsToTransaction(
                    Map.of(FIRST, new OffsetAndMetadata(offset)), consumer.groupMetadata());
        }
    }

    private Map<TopicPartition, Long> committed(String group) {
        Map<String, Map<TopicPartition, Long>> found = new TreeMap<>();
        groups.committed(all(group), false)
                .topics()
                .forEach(topic ->
                        topic.partitions()
                                .forEach(partition ->
                                        found.computeIfAbsent(group, _ -> new HashMap<>())
                                                .put(
                                                        new TopicPartition(
                                                                topic.name(),
                                                                partition.partitionIndex()),
                                                        partition.committedOffset())));
        return found.getOrDefault(group, Map.of());
    }

    private static OffsetFetchRequestGroup all(String group) {
        return new OffsetFetchRequestGroup().setGroupId(group).setTopics(null);
    }

    private void commit(String group, Map<TopicPartition, Long> committed) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
        committed.forEach((partition, offset) -> all.put(partition, new OffsetAndMetadata(offset)));
        try (Admin admin = node.admin()) {
            admin.alterConsumerGroupOffsets(group, all).all().get();
        }
    }
}
