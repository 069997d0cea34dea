package io.annals.ingest;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.ElectLeadersRequest;

/// What one broker has to say about replicas and leaders: each partition has one replica, here, and
/// it leads. Says it as a Kafka cluster of one broker does.
final class ReplicaAdmin {
    private final TopicCatalog topics;
    private final int nodeId;

    ReplicaAdmin(TopicCatalog topics, int nodeId) {
        this.topics = topics;
        this.nodeId = nodeId;
    }

    ElectLeadersResponseData electLeaders(ElectLeadersRequest request) {
        byte type = request.data().electionType();
        if (type != ElectionType.PREFERRED.value && type != ElectionType.UNCLEAN.value) {
            throw new InvalidRequestException("Unknown election type " + type);
        }
        ElectLeadersResponseData response = new ElectLeadersResponseData();
        if (request.data().topicPartitions() == null) { // all: whose leader stays is left out
            topics.topics()
                    .forEach(topic ->
                            response.replicaElectionResults()
                                    .add(new ReplicaElectionResult().setTopic(topic.name())));
            return response;
        }
        for (TopicPartitions asked : request.data().topicPartitions()) {
            ReplicaElectionResult result = new ReplicaElectionResult().setTopic(asked.topic());
            for (int partition : asked.partitions()) {
                ApiError error =
                        missing(asked.topic(), partition, ReplicaAdmin::noSuchForElection)
                                .orElse(new ApiError(Errors.ELECTION_NOT_NEEDED));
                result.partitionResult()
                        .add(
                                new PartitionResult()
                                        .setPartitionId(partition)
                                        .setErrorCode(error.error().code())
                                        .setErrorMessage(error.message()));
            }
            response.replicaElectionResults().add(result);
        }
        return response;
    }

    private static String noSuchForElection(String topic, Optional<Integer> partition) {
        return partition
                .map(index -> "No such partition as %s-%d".formatted(topic, index))
                .orElse("No such topic as " + topic);
    }

    AlterPartitionReassignmentsResponseData reassign(AlterPartitionReassignmentsRequest request) {
        if (request.data().topics().isEmpty()) {
            return new AlterPartitionReassignmentsResponseData(); // as Kafka, which asks nobody
        }
        AlterPartitionReassignmentsResponseData response =
                new AlterPartitionReassignmentsResponseData()
                        .setErrorMessage(null)
                        .setAllowReplicationFactorChange(
                                request.data().allowReplicationFactorChange());
        for (ReassignableTopic topic : request.data().topics()) {
            ReassignableTopicResponse result =
                    new ReassignableTopicResponse().setName(topic.name());
            for (ReassignablePartition partition : topic.partitions()) {
                int index = partition.partitionIndex();
                ApiError error =
                        missing(topic.name(), index, ReplicaAdmin::noSuchForReassignment)
                                .orElseGet(() ->
                                        BrokerAssignment.reassignment(
                                                partition.replicas(), nodeId));
                result.partitions()
                        .add(
                                new ReassignablePartitionResponse()
                                        .setPartitionIndex(index)
                                        .setErrorCode(error.error().code())
                                        .setErrorMessage(error.message()));
            }
            response.responses().add(result);
        }
        return response;
    }

    private static String noSuchForReassignment(String topic, Optional<Integer> partition) {
        return partition
                .map(index -> "Unable to find partition %s:%d.".formatted(topic, index))
                .orElse("Unable to find a topic named %s.".formatted(topic));
    }

    /// Nothing is ever on its way to another broker.
    ListPartitionReassignmentsResponseData listReassignments() {
        return new ListPartitionReassignmentsResponseData()
                .setErrorMessage(null)
                .setTopics(List.of());
    }

    /// @param message from topic and partition; without partition if there is not even the topic
    private Optional<ApiError> missing(
            String name, int partition, BiFunction<String, Optional<Integer>, String> message) {
        Optional<Topic> topic = topics.topic(name);
        if (topic.isPresent() && topic.get().hasPartition(partition)) {
            return Optional.empty();
        }
        return Optional.of(
                new ApiError(
                        Errors.UNKNOWN_TOPIC_OR_PARTITION,
                        message.apply(name, topic.map(_ -> partition))));
    }
}
