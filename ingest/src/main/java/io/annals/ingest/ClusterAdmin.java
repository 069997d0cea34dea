package io.annals.ingest;

import io.annals.protocol.RequestContext;
import io.annals.registry.Registry;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeQuorumRequest;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.common.requests.UpdateFeaturesRequest;

/// Tells of the cluster: one broker, which is its own controller.
final class ClusterAdmin {
    private static final byte BROKER_ENDPOINTS = 1;
    private static final byte CONTROLLER_ENDPOINTS = 2;
    private static final short FIRST_VERSION_WITH_NODES = 2;
    private static final int LEADER_EPOCH = 1;

    private final IngestConfig config;
    private final Registry registry;
    private final InstantSource clock;

    ClusterAdmin(IngestConfig config, Registry registry, InstantSource clock) {
        this.config = config;
        this.registry = registry;
        this.clock = clock;
    }

    DescribeClusterResponseData describe(DescribeClusterRequest request, RequestContext context) {
        byte endpointType = request.data().endpointType();
        if (endpointType != BROKER_ENDPOINTS && endpointType != CONTROLLER_ENDPOINTS) {
            return new DescribeClusterResponseData()
                    .setErrorCode(Errors.UNSUPPORTED_ENDPOINT_TYPE.code())
                    .setErrorMessage("Unsupported endpoint type " + endpointType);
        }
        if (endpointType != BROKER_ENDPOINTS) {
            return new DescribeClusterResponseData()
                    .setErrorCode(Errors.MISMATCHED_ENDPOINT_TYPE.code())
                    .setErrorMessage(
                            "The request was sent to an endpoint of type BROKER, but we wanted an"
                                    + " endpoint of type CONTROLLER");
        }
        DescribeClusterResponseData response =
                new DescribeClusterResponseData()
                        .setClusterId(config.clusterId())
                        .setControllerId(config.nodeId());
        if (request.data().includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        response.brokers()
                .add(
                        new DescribeClusterBroker()
                                .setBrokerId(config.nodeId())
                                .setHost(context.listener().host())
                                .setPort(context.listener().port()));
        return response;
    }

    /// The registry is what Kafka's metadata quorum is to it: its generation is the offset.
    DescribeQuorumResponseData describeQuorum(DescribeQuorumRequest request) {
        DescribeQuorumResponseData response = new DescribeQuorumResponseData();
        boolean isAnswered = false;
        for (DescribeQuorumRequestData.TopicData topic : request.data().topics()) {
            DescribeQuorumResponseData.TopicData described =
                    new DescribeQuorumResponseData.TopicData().setTopicName(topic.topicName());
            for (DescribeQuorumRequestData.PartitionData partition : topic.partitions()) {
                boolean isMetadata =
                        topic.topicName().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)
                                && partition.partitionIndex() == 0;
                isAnswered |= isMetadata;
                described
                        .partitions()
                        .add(
                                isMetadata
                                        ? quorum()
                                        : new DescribeQuorumResponseData.PartitionData()
                                                .setPartitionIndex(partition.partitionIndex())
                                                .setErrorCode(
                                                        Errors.UNKNOWN_TOPIC_OR_PARTITION.code())
                                                .setErrorMessage(
                                                        Errors.UNKNOWN_TOPIC_OR_PARTITION
                                                                .message()));
            }
            response.topics().add(described);
        }
        if (isAnswered && request.version() >= FIRST_VERSION_WITH_NODES) {
            response.nodes().add(new DescribeQuorumResponseData.Node().setNodeId(config.nodeId()));
        }
        return response;
    }

    private DescribeQuorumResponseData.PartitionData quorum() {
        long generation = registry.snapshot().generation();
        long nowMs = clock.millis();
        return new DescribeQuorumResponseData.PartitionData()
                .setLeaderId(config.nodeId())
                .setLeaderEpoch(LEADER_EPOCH)
                .setHighWatermark(generation)
                .setCurrentVoters(
                        List.of(
                                new ReplicaState()
                                        .setReplicaId(config.nodeId())
                                        .setLogEndOffset(generation)
                                        .setLastFetchTimestamp(nowMs)
                                        .setLastCaughtUpTimestamp(nowMs)));
    }

    /// No feature has a level to choose.
    UpdateFeaturesResponseData updateFeatures(UpdateFeaturesRequest request) {
        UpdateFeaturesResponseData response =
                new UpdateFeaturesResponseData().setErrorMessage(null);
        request.featureUpdates()
                .forEach(update -> {
                    String message =
                            ("Invalid update version %d for feature %s. Local controller %d does not"
                                            + " support this feature.")
                                    .formatted(
                                            update.versionLevel(),
                                            update.feature(),
                                            config.nodeId());
                    response.setErrorCode(Errors.INVALID_UPDATE_VERSION.code())
                            .setErrorMessage(
                                    "The update failed for all features since the following"
                                            + " feature had an error: "
                                            + message);
                });
        return response;
    }

    UnregisterBrokerResponseData unregister(UnregisterBrokerRequest request) {
        int broker = request.data().brokerId();
        return broker == config.nodeId()
                ? new UnregisterBrokerResponseData()
                        .setErrorCode(Errors.INVALID_REQUEST.code())
                        .setErrorMessage("Broker %d is the only one there is.".formatted(broker))
                : new UnregisterBrokerResponseData()
                        .setErrorCode(Errors.BROKER_ID_NOT_REGISTERED.code())
                        .setErrorMessage(
                                "Broker ID %d is not currently registered".formatted(broker));
    }
}
