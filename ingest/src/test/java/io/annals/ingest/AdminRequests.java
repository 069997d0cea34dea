package io.annals.ingest;

import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/// A request of each API that administrators use and that names at most a topic.
final class AdminRequests {
    private AdminRequests() {}

    static ApiMessage data(ApiKeys key, String topic) {
        return switch (key) {
            case DESCRIBE_CLUSTER -> new DescribeClusterRequestData();
            case DESCRIBE_QUORUM ->
                    new DescribeQuorumRequestData()
                            .setTopics(
                                    List.of(
                                            new DescribeQuorumRequestData.TopicData()
                                                    .setTopicName("__cluster_metadata")
                                                    .setPartitions(
                                                            List.of(
                                                                    new DescribeQuorumRequestData
                                                                            .PartitionData()))));
            case DESCRIBE_TOPIC_PARTITIONS ->
                    new DescribeTopicPartitionsRequestData()
                            .setTopics(
                                    List.of(
                                            new DescribeTopicPartitionsRequestData.TopicRequest()
                                                    .setName(topic)));
            case LIST_CONFIG_RESOURCES -> new ListConfigResourcesRequestData();
            case LIST_PARTITION_REASSIGNMENTS -> new ListPartitionReassignmentsRequestData();
            case UNREGISTER_BROKER -> new UnregisterBrokerRequestData().setBrokerId(7);
            case UPDATE_FEATURES -> updateFeatures();
            case ALTER_CONFIGS -> alterConfigs(topic);
            case ALTER_PARTITION_REASSIGNMENTS -> reassign(topic);
            case ALTER_REPLICA_LOG_DIRS -> alterLogDirs(topic);
            case DESCRIBE_LOG_DIRS -> describeLogDirs(topic);
            case ELECT_LEADERS -> electLeaders(topic);
            case OFFSET_FOR_LEADER_EPOCH -> leaderEpoch(topic);
            default -> throw new IllegalStateException("no request known for " + key);
        };
    }

    private static ApiMessage updateFeatures() {
        UpdateFeaturesRequestData data = new UpdateFeaturesRequestData();
        data.featureUpdates()
                .add(
                        new UpdateFeaturesRequestData.FeatureUpdateKey()
                                .setFeature("f")
                                .setMaxVersionLevel((short) 1));
        return data;
    }

    private static ApiMessage alterConfigs(String topic) {
        AlterConfigsRequestData data = new AlterConfigsRequestData().setValidateOnly(true);
        AlterConfigsRequestData.AlterConfigsResource resource =
                new AlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(ConfigResource.Type.TOPIC.id())
                        .setResourceName(topic);
        resource.configs()
                .add(
                        new AlterConfigsRequestData.AlterableConfig()
                                .setName("retention.ms")
                                .setValue("5"));
        data.resources().add(resource);
        return data;
    }

    private static ApiMessage reassign(String topic) {
        return new AlterPartitionReassignmentsRequestData()
                .setTopics(
                        List.of(
                                new AlterPartitionReassignmentsRequestData.ReassignableTopic()
                                        .setName(topic)
                                        .setPartitions(
                                                List.of(
                                                        new AlterPartitionReassignmentsRequestData
                                                                        .ReassignablePartition()
                                                                .setReplicas(List.of(1))))));
    }

    private static ApiMessage alterLogDirs(String topic) {
        AlterReplicaLogDirsRequestData data = new AlterReplicaLogDirsRequestData();
        AlterReplicaLogDirsRequestData.AlterReplicaLogDir directory =
                new AlterReplicaLogDirsRequestData.AlterReplicaLogDir().setPath("/nowhere");
        directory
                .topics()
                .add(
                        new AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic()
                                .setName(topic)
                                .setPartitions(List.of(0)));
        data.dirs().add(directory);
        return data;
    }

    private static ApiMessage describeLogDirs(String topic) {
        DescribeLogDirsRequestData data = new DescribeLogDirsRequestData();
        data.topics()
                .add(
                        new DescribeLogDirsRequestData.DescribableLogDirTopic()
                                .setTopic(topic)
                                .setPartitions(List.of(0, 99)));
        return data;
    }

    private static ApiMessage electLeaders(String topic) {
        ElectLeadersRequestData data = new ElectLeadersRequestData();
        data.topicPartitions()
                .add(
                        new ElectLeadersRequestData.TopicPartitions()
                                .setTopic(topic)
                                .setPartitions(List.of(0)));
        return data;
    }

    private static ApiMessage leaderEpoch(String topic) {
        OffsetForLeaderEpochRequestData data = new OffsetForLeaderEpochRequestData();
        OffsetForLeaderEpochRequestData.OffsetForLeaderTopic asked =
                new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                        .setTopic(topic)
                        .setPartitions(
                                List.of(
                                        new OffsetForLeaderEpochRequestData
                                                .OffsetForLeaderPartition()));
        data.topics().add(asked);
        return data;
    }
}
