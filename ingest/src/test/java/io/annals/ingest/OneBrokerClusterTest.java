package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the stock admin client hears of a cluster that is one broker.
class OneBrokerClusterTest {
    private static final TopicPartition FIRST = new TopicPartition("t", 0);
    private static final TopicPartition UNKNOWN = new TopicPartition("t", 9);

    @TempDir private Path directory;
    private TestNode node;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(directory, TestNode.Options.defaults());
        admin = node.admin();
        create("t", 3, Map.of());
    }

    @AfterEach
    void stop() throws IOException {
        admin.close();
        node.close();
    }

    private CreateTopicsResult create(String name, int partitions, Map<String, String> configs)
            throws Exception {
        CreateTopicsResult result =
                admin.createTopics(
                        List.of(
                                new org.apache.kafka.clients.admin.NewTopic(
                                                name, Optional.of(partitions), Optional.empty())
                                        .configs(configs)));
        result.all().get();
        return result;
    }

    private static void assertFails(
            KafkaFuture<?> future, Class<? extends Throwable> cause, String message) {
        assertThatThrownBy(future::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(cause)
                .hasMessageContaining(message);
    }

    @Test
    void topics_are_described_in_pages() throws Exception {
        create("u", 7, Map.of());
        Map<String, TopicDescription> all =
                admin.describeTopics(
                                List.of("t", "u"),
                                new DescribeTopicsOptions().partitionSizeLimitPerResponse(2))
                        .allTopicNames()
                        .get();
        TopicDescription described = Objects.requireNonNull(all.get("u"));
        assertThat(described.partitions())
                .extracting(partition -> partition.partition())
                .containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(described.topicId())
                .isEqualTo(node.ingest.topics().topic("u").orElseThrow().id());
        assertFails(
                admin.describeTopics(List.of("none")).allTopicNames(),
                UnknownTopicOrPartitionException.class,
                "");
    }

    @Test
    void log_directories_tell_the_size_of_each_partition() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", 0, null, new byte[1000])).get();
        }
        Map<String, LogDirDescription> directories =
                Objects.requireNonNull(
                        admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1));
        LogDirDescription hot = Objects.requireNonNull(directories.get(directory.toString()));
        assertThat(hot.replicaInfos()).hasSize(3);
        assertThat(Objects.requireNonNull(hot.replicaInfos().get(FIRST)).size())
                .isBetween(1000L, 1200L);
        assertThat(Objects.requireNonNull(hot.replicaInfos().get(FIRST)).isFuture()).isFalse();

        TopicPartitionReplica replica = new TopicPartitionReplica("t", 0, 1);
        admin.alterReplicaLogDirs(Map.of(replica, directory.toString())).all().get();
        assertFails(
                admin.alterReplicaLogDirs(Map.of(replica, "/other")).all(),
                LogDirNotFoundException.class,
                "");
    }

    @Test
    void the_leader_is_elected_already() throws Exception {
        Map<TopicPartition, Optional<Throwable>> results =
                admin.electLeaders(ElectionType.PREFERRED, Set.of(FIRST, UNKNOWN))
                        .partitions()
                        .get();
        assertThat(Objects.requireNonNull(results.get(FIRST)).orElseThrow())
                .isInstanceOf(ElectionNotNeededException.class);
        assertThat(Objects.requireNonNull(results.get(UNKNOWN)).orElseThrow())
                .isInstanceOf(UnknownTopicOrPartitionException.class)
                .hasMessage("No such partition as t-9");
        assertThat(admin.electLeaders(ElectionType.UNCLEAN, null).partitions().get()).isEmpty();
    }

    @Test
    void partitions_can_only_be_moved_to_where_they_are() throws Exception {
        assertThat(admin.listPartitionReassignments().reassignments().get()).isEmpty();
        reassign(FIRST, Optional.of(new NewPartitionReassignment(List.of(1)))).get();
        assertFails(
                reassign(FIRST, Optional.of(new NewPartitionReassignment(List.of(1, 2)))),
                InvalidReplicaAssignmentException.class,
                "broker 2, but no such broker is registered");
        assertFails(reassign(FIRST, Optional.empty()), NoReassignmentInProgressException.class, "");
        assertFails(
                reassign(UNKNOWN, Optional.empty()),
                UnknownTopicOrPartitionException.class,
                "Unable to find partition t:9.");
    }

    private KafkaFuture<Void> reassign(
            TopicPartition partition, Optional<NewPartitionReassignment> target) {
        return admin.alterPartitionReassignments(Map.of(partition, target)).all();
    }

    @Test
    void the_broker_is_its_own_quorum() throws Exception {
        QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
        assertThat(quorum.leaderId()).isEqualTo(1);
        assertThat(quorum.highWatermark()).isEqualTo(node.registry.snapshot().generation());
        assertThat(quorum.voters()).singleElement().matches(voter -> voter.replicaId() == 1);
        assertFails(
                admin.unregisterBroker(5).all(),
                BrokerIdNotRegisteredException.class,
                "Broker ID 5");
        assertFails(
                admin.updateFeatures(
                                Map.of(
                                        "metadata.version",
                                        new FeatureUpdate(
                                                (short) 20, FeatureUpdate.UpgradeType.UPGRADE)),
                                new UpdateFeaturesOptions())
                        .all(),
                InvalidUpdateVersionException.class,
                "Invalid update version 20 for feature metadata.version.");
    }

    @Test
    void every_topic_setting_of_kafka_can_be_set_to_its_default() throws Exception {
        Set<String> kafkas = new TreeSet<>();
        for (java.lang.reflect.Field field :
                org.apache.kafka.common.config.TopicConfig.class.getFields()) {
            if (field.getName().endsWith("_CONFIG")) {
                kafkas.add((String) field.get(null));
            }
        }
        kafkas.remove("message.downconversion.enable"); // gone with Kafka 4
        Map<String, String> defaults = new HashMap<>();
        for (ConfigEntry entry : describe("t").entries()) {
            assertThat(entry.documentation()).as(entry.name()).isNotBlank();
            assertThat(entry.synonyms()).as(entry.name()).isNotEmpty();
            defaults.put(entry.name(), entry.value());
        }
        assertThat(defaults.keySet()).containsAll(kafkas);
        create("copy", 1, defaults);
        assertThat(describe("copy").entries())
                .allMatch(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    }

    private Config describe(String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return Objects.requireNonNull(
                admin.describeConfigs(
                                List.of(resource),
                                new DescribeConfigsOptions()
                                        .includeSynonyms(true)
                                        .includeDocumentation(true))
                        .all()
                        .get()
                        .get(resource));
    }

    @Test
    void a_setting_that_would_be_an_empty_promise_is_refused() {
        Map<String, String> refused =
                Map.of(
                        "compression.type", "gzip",
                        "remote.log.copy.disable", "true",
                        "remote.log.delete.on.disable", "true",
                        "max.decompressed.message.bytes", "1000",
                        "errors.deadletterqueue.group.enable", "true",
                        "compression.gzip.level", "0",
                        "leader.replication.throttled.replicas", "all",
                        "min.insync.replicas", "0",
                        "segment.bytes", "5");
        refused.forEach((name, value) ->
                assertFails(
                        set(ConfigResource.Type.TOPIC, "t", name, value),
                        InvalidConfigurationException.class,
                        "Invalid value"));
    }

    private KafkaFuture<Void> set(
            ConfigResource.Type type, String resource, String name, String value) {
        return admin.incrementalAlterConfigs(
                        Map.of(
                                new ConfigResource(type, resource),
                                List.of(
                                        new AlterConfigOp(
                                                new ConfigEntry(name, value),
                                                AlterConfigOp.OpType.SET))))
                .all();
    }

    @Test
    void settings_that_cannot_be_changed_are_refused_in_kafkas_words() throws Exception {
        admin.incrementalAlterConfigs(
                        Map.of(
                                new ConfigResource(ConfigResource.Type.BROKER, "1"),
                                List.of(
                                        new AlterConfigOp(
                                                new ConfigEntry(
                                                        "leader.replication.throttled.rate", null),
                                                AlterConfigOp.OpType.DELETE))))
                .all()
                .get();
        assertFails(
                set(ConfigResource.Type.BROKER, "1", "num.partitions", "5"),
                InvalidRequestException.class,
                "Cannot update these configs dynamically: [num.partitions]");
        assertFails(
                set(ConfigResource.Type.BROKER, "", "num.partitions", "5"),
                InvalidRequestException.class,
                "Cannot update these configs dynamically: [num.partitions]");
        assertFails(
                set(ConfigResource.Type.TOPIC, "none", "retention.ms", "5"),
                UnknownTopicOrPartitionException.class,
                "The topic 'none' does not exist.");
        assertFails(
                set(ConfigResource.Type.TOPIC, "t", "no.such", "5"),
                InvalidConfigurationException.class,
                "Unknown topic config name: no.such");
    }

    @Test
    void whatever_has_settings_is_listed() throws Exception {
        assertThat(admin.listConfigResources().all().get())
                .containsExactlyInAnyOrder(
                        new ConfigResource(ConfigResource.Type.BROKER, "1"),
                        new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1"),
                        new ConfigResource(ConfigResource.Type.TOPIC, "t"));
        assertThat(
                        admin.listConfigResources(
                                        Set.of(ConfigResource.Type.CLIENT_METRICS),
                                        new org.apache.kafka.clients.admin
                                                .ListConfigResourcesOptions())
                                .all()
                                .get())
                .isEmpty();
    }

    @Test
    void creating_tells_the_settings_of_the_new_topic() throws Exception {
        CreateTopicsResult result = create("new", 2, Map.of("retention.ms", "77"));
        assertThat(result.numPartitions("new").get()).isEqualTo(2);
        assertThat(result.replicationFactor("new").get()).isEqualTo(1);
        ConfigEntry retention = result.config("new").get().get("retention.ms");
        assertThat(retention.value()).isEqualTo("77");
        assertThat(retention.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    }
}
