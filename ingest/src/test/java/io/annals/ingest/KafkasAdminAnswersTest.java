package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers of Apache Kafka that a reading of the protocol does not suggest: what is looked at
/// first, what is null, what is left out. Each was seen there, by `bin/annals-compat differential`.
class KafkasAdminAnswersTest {
    private static final int EVERYTHING_ON_A_TOPIC = 3576;
    private static final int EVERYTHING_ON_A_CLUSTER = 8096;

    @TempDir private Path directory;
    private TestNode node;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.ingest.topics().create(NewTopic.named("t"), false);
        wire = new Wire(node);
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        node.close();
    }

    private static CreateTopicsRequestData.CreatableTopic topic(String name) {
        return new CreateTopicsRequestData.CreatableTopic()
                .setName(name)
                .setNumPartitions(-1)
                .setReplicationFactor((short) -1);
    }

    private CreateTopicsResponseData.CreatableTopicResult create(
            CreateTopicsRequestData.CreatableTopic topic, int timeoutMs) throws IOException {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(timeoutMs);
        request.topics().add(topic);
        return wire.ask(request, CreateTopicsResponseData.class).topics().iterator().next();
    }

    private static CreateTopicsRequestData.CreatableTopic unsound(String name) {
        CreateTopicsRequestData.CreatableTopic topic = topic(name);
        topic.configs()
                .add(
                        new CreateTopicsRequestData.CreatableTopicConfig()
                                .setName("x")
                                .setValue(null));
        topic.assignments()
                .add(
                        new CreateTopicsRequestData.CreatableReplicaAssignment()
                                .setPartitionIndex(3)
                                .setBrokerIds(List.of(1)));
        return topic;
    }

    @Test
    void the_name_of_a_new_topic_is_looked_at_first_then_its_settings_then_its_partitions()
            throws IOException {
        assertThat(create(unsound("t"), 1000).errorCode())
                .isEqualTo(Errors.TOPIC_ALREADY_EXISTS.code());
        assertThat(create(unsound("a b"), 1000).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
        assertThat(create(unsound("new"), 1000).errorCode())
                .isEqualTo(Errors.INVALID_CONFIG.code());
        CreateTopicsRequestData.CreatableTopic badSetting = unsound("new");
        badSetting.configs().iterator().next().setName("retention.ms").setValue("x");
        assertThat(create(badSetting, 1000).errorCode()).isEqualTo(Errors.INVALID_CONFIG.code());
        CreateTopicsRequestData.CreatableTopic badNumber = unsound("new");
        badNumber.configs().clear();
        assertThat(create(badNumber, 1000).errorCode())
                .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT.code());
        assertThat(create(topic("new"), 1000).errorMessage()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void who_has_no_time_to_wait_for_the_controller_gets_nothing_done(int timeoutMs)
            throws IOException {
        short late = Errors.REQUEST_TIMED_OUT.code();
        assertThat(create(topic("new"), timeoutMs).errorCode()).isEqualTo(late);
        assertThat(
                        wire.ask(
                                        new DeleteTopicsRequestData()
                                                .setTimeoutMs(timeoutMs)
                                                .setTopicNames(List.of("t")),
                                        5,
                                        DeleteTopicsResponseData.class)
                                .responses()
                                .iterator()
                                .next()
                                .errorCode())
                .isEqualTo(late);
        assertThat(node.ingest.topics().topic("t")).isPresent();
        assertThat(node.ingest.topics().topic("new")).isEmpty();
    }

    @Test
    void topics_with_name_and_id_are_refused_one_by_one_whatever_the_time() throws IOException {
        DeleteTopicsRequestData request = new DeleteTopicsRequestData();
        Uuid id = node.ingest.topics().topic("t").orElseThrow().id();
        for (int i = 0; i < 2; i++) {
            request.topics()
                    .add(
                            new DeleteTopicsRequestData.DeleteTopicState()
                                    .setName("t")
                                    .setTopicId(id));
        }
        assertThat(wire.ask(request, DeleteTopicsResponseData.class).responses())
                .hasSize(2)
                .allMatch(answer -> answer.errorCode() == Errors.INVALID_REQUEST.code())
                .allMatch(answer -> answer.topicId().equals(id));
    }

    private CreatePartitionsResponseData.CreatePartitionsTopicResult grow(
            CreatePartitionsRequestData.CreatePartitionsTopic topic) throws IOException {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(1000);
        request.topics().add(topic.setName("t"));
        return wire.ask(request, CreatePartitionsResponseData.class).results().getFirst();
    }

    @Test
    void an_empty_list_of_brokers_for_new_partitions_is_not_no_list() throws IOException {
        assertThat(
                        grow(new CreatePartitionsRequestData.CreatePartitionsTopic()
                                        .setCount(3)
                                        .setAssignments(List.of()))
                                .errorCode())
                .isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT.code());
        assertThat(
                        grow(new CreatePartitionsRequestData.CreatePartitionsTopic()
                                        .setCount(Integer.MAX_VALUE)
                                        .setAssignments(null))
                                .errorCode())
                .isEqualTo(Errors.POLICY_VIOLATION.code());
        assertThat(
                        grow(new CreatePartitionsRequestData.CreatePartitionsTopic()
                                        .setCount(3)
                                        .setAssignments(null))
                                .errorCode())
                .isZero();
    }

    private short alter(String topic, String setting, int operation) throws IOException {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType((byte) 2)
                        .setResourceName(topic);
        resource.configs()
                .add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName(setting)
                                .setConfigOperation((byte) operation)
                                .setValue("1000"));
        request.resources().add(resource);
        return wire.ask(request, IncrementalAlterConfigsResponseData.class)
                .responses()
                .getFirst()
                .errorCode();
    }

    @Test
    void settings_are_looked_at_before_the_topic_that_shall_have_them() throws IOException {
        assertThat(alter("none", "retention.ms", 0))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(alter("none", "nonsense", 0)).isEqualTo(Errors.INVALID_CONFIG.code());
        assertThat(alter("none", "retention.ms", 2)).isEqualTo(Errors.INVALID_CONFIG.code());
        assertThat(alter("a b", "nonsense", 0)).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }

    @Test
    void no_wanted_settings_means_all_and_nothing_is_explained_unasked() throws IOException {
        DescribeConfigsRequestData request =
                new DescribeConfigsRequestData()
                        .setResources(
                                List.of(
                                        new DescribeConfigsRequestData.DescribeConfigsResource()
                                                .setResourceType((byte) 2)
                                                .setResourceName("t")
                                                .setConfigurationKeys(List.of())));
        DescribeConfigsResponseData.DescribeConfigsResult result =
                wire.ask(request, DescribeConfigsResponseData.class).results().getFirst();
        assertThat(result.errorMessage()).isEmpty();
        assertThat(result.configs())
                .hasSizeGreaterThan(30)
                .allMatch(setting -> setting.documentation() == null);
        assertThat(
                        wire.ask(
                                        request.setIncludeDocumentation(true),
                                        DescribeConfigsResponseData.class)
                                .results()
                                .getFirst()
                                .configs())
                .allMatch(setting -> !setting.documentation().isEmpty());
    }

    private MetadataResponseData metadata(
            int version, MetadataRequestData.MetadataRequestTopic... topics) throws IOException {
        return wire.ask(
                new MetadataRequestData()
                        .setTopics(List.of(topics))
                        .setIncludeTopicAuthorizedOperations(version >= 8),
                version,
                MetadataResponseData.class);
    }

    @Test
    void topics_are_asked_for_by_id_from_version_12_on_and_then_names_do_not_count()
            throws IOException {
        Uuid id = node.ingest.topics().topic("t").orElseThrow().id();
        MetadataRequestData.MetadataRequestTopic both =
                new MetadataRequestData.MetadataRequestTopic().setName("other").setTopicId(id);
        MetadataResponseData refused = metadata(11, both);
        assertThat(refused.brokers()).isEmpty();
        assertThat(refused.topics().iterator().next().errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(metadata(12, both).topics())
                .singleElement()
                .matches(topic -> topic.name().equals("t") && topic.errorCode() == 0);
        assertThat(
                        metadata(
                                        12,
                                        new MetadataRequestData.MetadataRequestTopic()
                                                .setName("t")
                                                .setTopicId(new Uuid(7, 7)))
                                .topics())
                .singleElement()
                .matches(topic ->
                        topic.name() == null
                                && topic.errorCode() == Errors.UNKNOWN_TOPIC_ID.code());
        assertThat(
                        metadata(
                                        13,
                                        new MetadataRequestData.MetadataRequestTopic()
                                                .setName(null)
                                                .setTopicId(Uuid.ZERO_UUID))
                                .errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void everybody_may_do_everything_and_is_told_if_he_asks() throws IOException {
        assertThat(
                        metadata(9, new MetadataRequestData.MetadataRequestTopic().setName("t"))
                                .topics()
                                .iterator()
                                .next()
                                .topicAuthorizedOperations())
                .isEqualTo(EVERYTHING_ON_A_TOPIC);
        assertThat(
                        wire.ask(
                                        new MetadataRequestData()
                                                .setIncludeClusterAuthorizedOperations(true),
                                        9,
                                        MetadataResponseData.class)
                                .clusterAuthorizedOperations())
                .isEqualTo(EVERYTHING_ON_A_CLUSTER);
        assertThat(
                        wire.ask(
                                        new DescribeClusterRequestData()
                                                .setIncludeClusterAuthorizedOperations(true),
                                        DescribeClusterResponseData.class)
                                .clusterAuthorizedOperations())
                .isEqualTo(EVERYTHING_ON_A_CLUSTER);
        assertThat(
                        wire.ask(
                                        new DescribeTopicPartitionsRequestData()
                                                .setTopics(
                                                        List.of(
                                                                new DescribeTopicPartitionsRequestData
                                                                                .TopicRequest()
                                                                        .setName("t"))),
                                        DescribeTopicPartitionsResponseData.class)
                                .topics())
                .allMatch(topic -> topic.topicAuthorizedOperations() == EVERYTHING_ON_A_TOPIC);
    }

    @Test
    void the_cluster_has_endpoints_of_two_types_only() throws IOException {
        for (int type : new int[] {-1, 0, 3}) {
            assertThat(clusterError(type)).isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE.code());
        }
        assertThat(clusterError(2)).isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE.code());
        assertThat(clusterError(1)).isZero();
    }

    private short clusterError(int endpointType) throws IOException {
        return wire.ask(
                        new DescribeClusterRequestData().setEndpointType((byte) endpointType),
                        DescribeClusterResponseData.class)
                .errorCode();
    }

    @Test
    void the_quorums_nodes_are_told_with_the_quorum_only() throws IOException {
        for (String topic : List.of("t", "__cluster_metadata")) {
            DescribeQuorumRequestData request =
                    new DescribeQuorumRequestData()
                            .setTopics(
                                    List.of(
                                            new DescribeQuorumRequestData.TopicData()
                                                    .setTopicName(topic)
                                                    .setPartitions(
                                                            List.of(
                                                                    new DescribeQuorumRequestData
                                                                            .PartitionData()))));
            assertThat(wire.ask(request, DescribeQuorumResponseData.class).nodes())
                    .hasSize(topic.equals("t") ? 0 : 1);
        }
    }

    @Test
    void an_unknown_feature_fails_the_update_in_every_version() throws IOException {
        for (int version = 0; version <= 2; version++) {
            UpdateFeaturesRequestData request = new UpdateFeaturesRequestData();
            request.featureUpdates()
                    .add(new UpdateFeaturesRequestData.FeatureUpdateKey().setFeature("f"));
            assertThat(wire.ask(request, version, UpdateFeaturesResponseData.class).errorCode())
                    .isEqualTo(Errors.INVALID_UPDATE_VERSION.code());
        }
    }

    @Test
    void an_unknown_state_of_transactions_is_named_once() throws IOException {
        ListTransactionsResponseData answer;
        do { // until the node that has just started has loaded its transactions
            answer =
                    wire.ask(
                            new ListTransactionsRequestData().setStateFilters(List.of("x", "x")),
                            ListTransactionsResponseData.class);
        } while (answer.errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        assertThat(answer.unknownStateFilters()).containsExactly("x");
    }

    @Test
    void a_name_that_no_folder_could_have_is_refused_before_the_folder() throws IOException {
        AlterReplicaLogDirsRequestData request = new AlterReplicaLogDirsRequestData();
        AlterReplicaLogDirsRequestData.AlterReplicaLogDir nowhere =
                new AlterReplicaLogDirsRequestData.AlterReplicaLogDir().setPath("/nowhere");
        nowhere.topics()
                .add(
                        new AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic()
                                .setName("x".repeat(250))
                                .setPartitions(List.of(0)));
        request.dirs().add(nowhere);
        assertThat(
                        wire.ask(request, AlterReplicaLogDirsResponseData.class)
                                .results()
                                .getFirst()
                                .partitions()
                                .getFirst()
                                .errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }
}
