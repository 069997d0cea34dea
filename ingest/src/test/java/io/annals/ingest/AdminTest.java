package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminTest {
    @TempDir private Path directory;
    private TestNode node;
    private Admin admin;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        admin = node.admin();
    }

    @AfterEach
    void stop() throws IOException {
        admin.close();
        node.close();
    }

    private static org.apache.kafka.clients.admin.NewTopic topic(String name, int partitions) {
        return new org.apache.kafka.clients.admin.NewTopic(
                name, Optional.of(partitions), Optional.empty());
    }

    private void create(org.apache.kafka.clients.admin.NewTopic topic) throws Exception {
        admin.createTopics(List.of(topic)).all().get();
    }

    private static void assertFails(KafkaFuture<?> future, Class<? extends Throwable> cause) {
        assertThatThrownBy(future::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(cause);
    }

    private void assertRefused(
            org.apache.kafka.clients.admin.NewTopic topic, Class<? extends Throwable> cause) {
        assertFails(admin.createTopics(List.of(topic)).all(), cause);
    }

    private TopicDescription describe(String name) throws Exception {
        return Objects.requireNonNull(
                admin.describeTopics(List.of(name)).allTopicNames().get().get(name));
    }

    @Test
    void the_cluster_is_one_broker() throws Exception {
        assertThat(admin.describeCluster().clusterId().get()).isEqualTo("test-cluster");
        assertThat(admin.describeCluster().nodes().get())
                .singleElement()
                .matches(broker -> broker.id() == 1 && broker.port() == node.server.port());
    }

    @Test
    void topics_are_created_described_and_deleted_by_name_and_id() throws Exception {
        create(topic("one", 3));
        create(topic("two", 1).configs(Map.of("max.message.bytes", "5000")));
        assertThat(admin.listTopics().names().get()).containsExactlyInAnyOrder("one", "two");
        TopicDescription one = describe("one");
        assertThat(one.partitions())
                .hasSize(3)
                .allMatch(partition -> partition.leader().id() == 1)
                .allMatch(partition -> partition.isr().size() == 1);
        assertThat(one.topicId()).isNotEqualTo(Uuid.ZERO_UUID);

        admin.deleteTopics(
                        org.apache.kafka.common.TopicCollection.ofTopicIds(Set.of(one.topicId())))
                .all()
                .get();
        admin.deleteTopics(List.of("two")).all().get();
        assertThat(admin.listTopics().names().get()).isEmpty();
        assertFails(
                admin.deleteTopics(List.of("two")).all(), UnknownTopicOrPartitionException.class);
        assertFails(
                admin.deleteTopics(
                                org.apache.kafka.common.TopicCollection.ofTopicIds(
                                        Set.of(one.topicId())))
                        .all(),
                UnknownTopicIdException.class);
        create(topic("two", 1));
        assertThat(describe("two").partitions()).hasSize(1);
    }

    @Test
    void topics_that_cannot_be_are_refused_with_kafkas_errors() throws Exception {
        create(topic("taken.name", 1));
        assertRefused(topic("taken.name", 1), TopicExistsException.class);
        assertRefused(topic("taken_name", 1), InvalidTopicException.class);
        for (String name : List.of(".", "..", "with space", "slash/../name", "x".repeat(250))) {
            assertRefused(topic(name, 1), InvalidTopicException.class);
        }
        create(topic("x".repeat(249), 1));
        assertRefused(topic("zero", 0), InvalidPartitionsException.class);
        assertRefused(topic("many", 10_001), InvalidPartitionsException.class);
        assertRefused(
                new org.apache.kafka.clients.admin.NewTopic("replicated", 1, (short) 2),
                InvalidReplicationFactorException.class);
        assertRefused(
                new org.apache.kafka.clients.admin.NewTopic("assigned", Map.of(0, List.of(5))),
                InvalidReplicaAssignmentException.class);
        create(
                new org.apache.kafka.clients.admin.NewTopic(
                        "assigned", Map.of(0, List.of(1), 1, List.of(1))));
        assertRefused(
                topic("odd", 1).configs(Map.of("no.such.setting", "1")),
                InvalidConfigurationException.class);
        assertRefused(
                topic("odd", 1).configs(Map.of("cleanup.policy", "shred")),
                InvalidConfigurationException.class);
        assertRefused(
                topic("odd", 1).configs(Map.of("max.message.bytes", "much")),
                InvalidConfigurationException.class);
        admin.createTopics(List.of(topic("dry", 1)), new CreateTopicsOptions().validateOnly(true))
                .all()
                .get();
        assertThat(admin.listTopics().names().get()).doesNotContain("dry", "odd", "zero");
    }

    @Test
    void a_compacted_topic_refuses_records_without_a_key() throws Exception {
        create(topic("t", 1).configs(Map.of("cleanup.policy", "compact,delete")));
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", new byte[1], null)).get();
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("t", new byte[1])).get())
                    .hasCauseInstanceOf(org.apache.kafka.common.InvalidRecordException.class);
            alter("t", "cleanup.policy", "delete", OpType.SET).get();
            producer.send(new ProducerRecord<>("t", new byte[1])).get();
        }
    }

    @Test
    void partitions_can_be_added_but_not_taken_away() throws Exception {
        create(topic("t", 2));
        admin.createPartitions(Map.of("t", NewPartitions.increaseTo(5))).all().get();
        assertThat(describe("t").partitions()).hasSize(5);
        assertFails(
                admin.createPartitions(Map.of("t", NewPartitions.increaseTo(3))).all(),
                InvalidPartitionsException.class);
        assertFails(
                admin.createPartitions(Map.of("none", NewPartitions.increaseTo(3))).all(),
                UnknownTopicOrPartitionException.class);
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            assertThat(
                            producer.send(new ProducerRecord<>("t", 4, null, new byte[1]))
                                    .get()
                                    .offset())
                    .isZero();
        }
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private Config config(ConfigResource resource) throws Exception {
        return Objects.requireNonNull(
                admin.describeConfigs(
                                Set.of(resource),
                                new DescribeConfigsOptions()
                                        .includeDocumentation(true)
                                        .includeSynonyms(true))
                        .all()
                        .get()
                        .get(resource));
    }

    private KafkaFuture<Void> alter(
            String topic, String name, @Nullable String value, OpType type) {
        Collection<AlterConfigOp> ops =
                List.of(new AlterConfigOp(new ConfigEntry(name, value), type));
        return admin.incrementalAlterConfigs(Map.of(resource(topic), ops)).all();
    }

    @Test
    void topic_settings_are_described_and_changed() throws Exception {
        create(topic("t", 1).configs(Map.of("max.message.bytes", "5000")));
        ConfigEntry own = config(resource("t")).get("max.message.bytes");
        assertThat(own.value()).isEqualTo("5000");
        assertThat(own.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        assertThat(own.documentation()).isNotBlank();
        assertThat(config(resource("t")).get("annals.fsync").isDefault()).isTrue();

        alter("t", "max.message.bytes", "300", OpType.SET).get();
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("t", new byte[400])).get())
                    .hasCauseInstanceOf(
                            org.apache.kafka.common.errors.RecordTooLargeException.class);
            alter("t", "max.message.bytes", null, OpType.DELETE).get();
            producer.send(new ProducerRecord<>("t", new byte[400])).get();
        }
        alter("t", "cleanup.policy", "delete", OpType.APPEND).get();
        assertFails(
                alter("t", "max.message.bytes", "1", OpType.APPEND),
                InvalidConfigurationException.class);
        assertFails(
                alter("t", "annals.fsync", "sometimes", OpType.SET),
                InvalidConfigurationException.class);
        alter("t", "retention.ms", "1000", OpType.SET).get();
        for (String tooLong : List.of("-1", "1001", "-3")) {
            assertFails(
                    alter("t", "local.retention.ms", tooLong, OpType.SET),
                    InvalidConfigurationException.class);
        }
        alter("t", "local.retention.ms", "1000", OpType.SET).get();
        assertFails(
                alter("t", "retention.ms", "999", OpType.SET), InvalidConfigurationException.class);
        alter("t", "local.retention.bytes", "-1", OpType.SET).get();
        assertFails(
                alter("none", "annals.fsync", "batch", OpType.SET),
                UnknownTopicOrPartitionException.class);
        assertFails(
                admin.describeConfigs(Set.of(resource("none"))).all(),
                UnknownTopicOrPartitionException.class);
    }

    @Test
    void the_brokers_settings_are_described_and_read_only() throws Exception {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        assertThat(config(broker).entries()).allMatch(ConfigEntry::isReadOnly);
        assertFails(
                admin.incrementalAlterConfigs(
                                Map.of(
                                        broker,
                                        List.of(
                                                new AlterConfigOp(
                                                        new ConfigEntry("a", "b"), OpType.SET))))
                        .all(),
                InvalidRequestException.class);
    }

    @Test
    void deleted_records_are_gone_from_both_tiers() throws Exception {
        TopicPartition partition = new TopicPartition("t", 0);
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of("batch.size", 0));
                KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of())) {
            for (int i = 0; i < 20; i++) {
                producer.send(new ProducerRecord<>("t", new byte[10])).get();
                if (i == 9) {
                    node.archive();
                }
            }
            assertThat(delete(partition, 4)).isEqualTo(4);
            assertThat(consumer.beginningOffsets(Set.of(partition))).containsEntry(partition, 4L);
            assertThat(delete(partition, 2)).isEqualTo(4);
            assertThat(delete(partition, 15)).isEqualTo(15);
            assertThat(consumer.beginningOffsets(Set.of(partition))).containsEntry(partition, 15L);
            assertFails(
                    admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(21))).all(),
                    OffsetOutOfRangeException.class);
            assertThat(delete(partition, -1)).isEqualTo(20);
            assertThat(producer.send(new ProducerRecord<>("t", new byte[1])).get().offset())
                    .isEqualTo(20);
        }
        node.close();
        node = new TestNode(directory, TestNode.Options.defaults(), node.objects);
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of())) {
            assertThat(consumer.beginningOffsets(Set.of(partition))).containsEntry(partition, 20L);
        }
    }

    @Test
    void records_of_a_compacted_topic_are_left_to_compaction() throws Exception {
        create(topic("compacted", 1).configs(Map.of("cleanup.policy", "compact")));
        create(topic("both", 1).configs(Map.of("cleanup.policy", "compact,delete")));
        assertFails(
                admin.deleteRecords(
                                Map.of(
                                        new TopicPartition("compacted", 0),
                                        RecordsToDelete.beforeOffset(0)))
                        .all(),
                PolicyViolationException.class);
        assertThat(delete(new TopicPartition("both", 0), 0)).isZero();
    }

    private long delete(TopicPartition partition, long offset) throws Exception {
        DeleteRecordsResult result =
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)));
        return Objects.requireNonNull(result.lowWatermarks().get(partition)).get().lowWatermark();
    }
}
