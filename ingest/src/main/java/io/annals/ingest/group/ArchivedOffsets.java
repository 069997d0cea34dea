package io.annals.ingest.group;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalLogScan;
import io.annals.ingest.internal.InternalTopic;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.jspecify.annotations.Nullable;

/// What groups had committed when `__consumer_offsets` was archived, for a server that only reads:
/// answers questions for offsets, knows nothing of members and never writes. Offsets of open
/// transactions do not count.
///
/// Thread-safe; [#follow] runs once at a time.
public final class ArchivedOffsets {
    private final TopicCatalog topics;
    private final InternalLogReader reader;
    private final int nodeId;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
    private final Map<String, Map<TopicPartition, OffsetCommitValue>> groups =
            new ConcurrentHashMap<>();

    /// The id of the topic that was read, and the next offset of each of its partitions.
    private Uuid followed = Uuid.ZERO_UUID;

    private final Map<Integer, Long> positions = new HashMap<>();
    private final Map<Pending, List<Committed>> undecided = new HashMap<>();

    /// @param reader reads the archive
    public ArchivedOffsets(TopicCatalog topics, InternalLogReader reader, int nodeId) {
        this.topics = topics;
        this.reader = reader;
        this.nodeId = nodeId;
    }

    private record Pending(int partition, long producerId) {}

    /// @param value null if the offset was deleted
    private record Committed(
            String group, TopicPartition partition, @Nullable OffsetCommitValue value) {}

    /// Reads what was archived since it was called before.
    ///
    /// @throws IOException if that cannot be read: the rest is read next time
    public synchronized void follow() throws IOException {
        Topic topic = topics.topic(InternalTopic.CONSUMER_OFFSETS.topicName()).orElse(null);
        if (topic == null) {
            return;
        }
        if (!topic.id().equals(followed)) {
            followed = topic.id();
            groups.clear();
            positions.clear();
            undecided.clear();
        }
        for (int i = 0; i < topic.partitionCount(); i++) {
            int partition = i;
            long from = positions.getOrDefault(partition, 0L);
            InternalLogScan scan = new InternalLogScan(reader, topic.partition(partition), from);
            while (scan.next(batch -> replay(partition, batch))) {
                positions.put(partition, scan.position());
            }
        }
    }

    /// Those that need no members: FindCoordinator and OffsetFetch.
    public List<RequestHandler<?>> handlers() {
        return List.of(
                new GroupHandler<>(
                        ApiKeys.FIND_COORDINATOR, FindCoordinatorRequest.class, this::find),
                new OffsetFetchApi(
                                topics,
                                (_, group, _) ->
                                        CompletableFuture.completedFuture(committed(group)))
                        .handler());
    }

    private void replay(int partition, RecordBatch batch) {
        Pending pending = new Pending(partition, batch.producerId());
        for (Record record : batch) {
            if (batch.isControlBatch()) {
                ControlRecordType type = ControlRecordType.parse(record.key());
                List<Committed> decided = undecided.remove(pending);
                if (type == ControlRecordType.COMMIT && decided != null) {
                    decided.forEach(this::apply);
                }
                continue;
            }
            Committed committed = decode(record);
            if (committed == null) {
                continue;
            }
            if (batch.isTransactional()) {
                undecided.computeIfAbsent(pending, _ -> new ArrayList<>()).add(committed);
            } else {
                apply(committed);
            }
        }
    }

    /// Null if it tells of something else than a committed offset.
    private @Nullable Committed decode(Record record) {
        CoordinatorRecord decoded;
        try {
            decoded = serde.deserialize(record.key(), record.value());
        } catch (Deserializer.UnknownRecordTypeException _) {
            return null;
        }
        if (!(decoded.key() instanceof OffsetCommitKey key)) {
            return null;
        }
        OffsetCommitValue value =
                decoded.value() == null ? null : (OffsetCommitValue) decoded.value().message();
        return new Committed(key.group(), new TopicPartition(key.topic(), key.partition()), value);
    }

    private void apply(Committed committed) {
        groups.compute(
                committed.group,
                (_, before) -> {
                    Map<TopicPartition, OffsetCommitValue> offsets =
                            before == null ? new HashMap<>() : new HashMap<>(before);
                    if (committed.value == null) {
                        offsets.remove(committed.partition);
                    } else {
                        offsets.put(committed.partition, committed.value);
                    }
                    return offsets.isEmpty() ? null : offsets;
                });
    }

    /// What a group has committed, of the topics asked for or of all.
    OffsetFetchResponseGroup committed(OffsetFetchRequestGroup asked) {
        Map<TopicPartition, OffsetCommitValue> offsets =
                groups.getOrDefault(asked.groupId(), Map.of());
        OffsetFetchResponseGroup answer =
                new OffsetFetchResponseGroup().setGroupId(asked.groupId());
        if (asked.topics() == null) {
            Map<String, OffsetFetchResponseTopics> byTopic = new TreeMap<>();
            offsets.forEach((partition, value) ->
                    byTopic.computeIfAbsent(
                                    partition.topic(),
                                    name -> new OffsetFetchResponseTopics().setName(name))
                            .partitions()
                            .add(answer(partition.partition(), value)));
            return answer.setTopics(List.copyOf(byTopic.values()));
        }
        for (OffsetFetchRequestTopics topic : asked.topics()) {
            OffsetFetchResponseTopics answered =
                    new OffsetFetchResponseTopics()
                            .setName(topic.name())
                            .setTopicId(topic.topicId());
            for (int partition : topic.partitionIndexes()) {
                OffsetCommitValue value = offsets.get(new TopicPartition(topic.name(), partition));
                answered.partitions().add(answer(partition, value));
            }
            answer.topics().add(answered);
        }
        return answer;
    }

    private static OffsetFetchResponsePartitions answer(
            int partition, @Nullable OffsetCommitValue value) {
        OffsetFetchResponsePartitions answer =
                new OffsetFetchResponsePartitions().setPartitionIndex(partition);
        return value == null
                ? answer.setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET)
                        .setMetadata(OffsetFetchResponse.NO_METADATA)
                : answer.setCommittedOffset(value.offset())
                        .setCommittedLeaderEpoch(value.leaderEpoch())
                        .setMetadata(value.metadata());
    }

    private CompletableFuture<? extends ApiMessage> find(
            FindCoordinatorRequest request, RequestContext context) {
        boolean isGroup = request.data().keyType() == CoordinatorType.GROUP.id();
        Node node =
                isGroup
                        ? new Node(nodeId, context.listener().host(), context.listener().port())
                        : Node.noNode();
        Errors error = isGroup ? Errors.NONE : Errors.POLICY_VIOLATION;
        FindCoordinatorResponseData response = CoordinatorLookup.answer(request, error, node);
        return CompletableFuture.completedFuture(response);
    }
}
