package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;

/// Tells of topics partition by partition, page by page (KIP-966).
final class TopicDescriptions {
    /// Kafka's default of `max.request.partition.size.limit`.
    private static final int MOST_PARTITIONS = 2_000;

    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final int nodeId;

    TopicDescriptions(TopicCatalog topics, WriteAheadLog wal, int nodeId) {
        this.topics = topics;
        this.wal = wal;
        this.nodeId = nodeId;
    }

    DescribeTopicPartitionsResponseData describe(DescribeTopicPartitionsRequest request) {
        DescribeTopicPartitionsRequestData data = request.data();
        boolean all = data.topics().isEmpty();
        String from = data.cursor() == null ? "" : data.cursor().topicName();
        int fromPartition = data.cursor() == null ? 0 : data.cursor().partitionIndex();
        SortedSet<String> names = new TreeSet<>(all ? allNames() : named(data)).tailSet(from);
        requireValid(data, names);

        int room = Math.max(Math.min(MOST_PARTITIONS, data.responsePartitionLimit()), 1);
        DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        for (String name : names) {
            if (room == 0) {
                return response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
            }
            Optional<Topic> topic = topics.topic(name);
            if (topic.isEmpty()) {
                if (!all) { // deleted meanwhile, if all were asked for
                    response.topics().add(unknown(name));
                }
                continue;
            }
            int first = name.equals(from) ? fromPartition : 0;
            int end = Math.min(topic.get().partitionCount(), first + room);
            response.topics().add(known(topic.get(), first, end));
            room -= Math.max(0, end - first);
            if (end < topic.get().partitionCount()) {
                return response.setNextCursor(
                        new Cursor().setTopicName(name).setPartitionIndex(end));
            }
        }
        return response;
    }

    private Collection<String> allNames() {
        return topics.topics().stream().map(Topic::name).collect(Collectors.toSet());
    }

    private static Collection<String> named(DescribeTopicPartitionsRequestData data) {
        return data.topics().stream()
                .map(DescribeTopicPartitionsRequestData.TopicRequest::name)
                .collect(Collectors.toSet());
    }

    private static void requireValid(
            DescribeTopicPartitionsRequestData data, SortedSet<String> names) {
        if (data.cursor() == null) {
            return;
        }
        if (!data.topics().isEmpty() && !names.contains(data.cursor().topicName())) {
            throw new InvalidRequestException(
                    "DescribeTopicPartitionsRequest topic list should contain the cursor topic: "
                            + data.cursor().topicName());
        }
        if (data.cursor().partitionIndex() < 0) {
            throw new InvalidRequestException(
                    "DescribeTopicPartitionsRequest cursor partition must be valid: "
                            + data.cursor());
        }
    }

    private static DescribeTopicPartitionsResponseTopic unknown(String name) {
        Errors error =
                org.apache.kafka.common.internals.Topic.isValid(name)
                        ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                        : Errors.INVALID_TOPIC_EXCEPTION;
        return new DescribeTopicPartitionsResponseTopic()
                .setErrorCode(error.code())
                .setName(name)
                .setTopicId(Uuid.ZERO_UUID)
                .setIsInternal(InternalTopic.isInternal(name))
                .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
    }

    private DescribeTopicPartitionsResponseTopic known(Topic topic, int first, int end) {
        DescribeTopicPartitionsResponseTopic described =
                new DescribeTopicPartitionsResponseTopic()
                        .setName(topic.name())
                        .setTopicId(topic.id())
                        .setIsInternal(InternalTopic.isInternal(topic.name()))
                        .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
        List<Integer> thisBroker = List.of(nodeId);
        for (int i = first; i < end; i++) {
            described
                    .partitions()
                    .add(
                            new DescribeTopicPartitionsResponsePartition()
                                    .setPartitionIndex(i)
                                    .setLeaderId(nodeId)
                                    .setLeaderEpoch(
                                            wal.partition(topic.partition(i))
                                                    .map(PartitionState::leaderEpoch)
                                                    .orElse(0))
                                    .setReplicaNodes(thisBroker)
                                    .setIsrNodes(thisBroker)
                                    .setEligibleLeaderReplicas(List.of())
                                    .setLastKnownElr(List.of())
                                    .setOfflineReplicas(List.of()));
        }
        return described;
    }
}
