package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/// What is asked of a partition whose oldest records were deleted, and of a topic that is deleted
/// and made again: under its name it is another, its old id is nobody's.
final class GoneDialogue implements Dialogue {
    private static final String TOPIC = "gone";
    private static final String GROUP = "gone-group";
    private static final short METADATA = 12;

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.CREATE_TOPICS,
                ApiKeys.DELETE_TOPICS,
                ApiKeys.DELETE_RECORDS,
                ApiKeys.FETCH,
                ApiKeys.LIST_OFFSETS,
                ApiKeys.OFFSET_COMMIT,
                ApiKeys.OFFSET_FETCH,
                ApiKeys.OFFSET_FOR_LEADER_EPOCH);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        Uuid first = Uuid.fromString(conversation.stage(TOPIC, 2));
        conversation.ask(Requests.produce(TOPIC, 0, Batches.of(Compression.NONE, 4)), (short) 9);
        conversation.ask(deleting(2));
        trimmed(conversation, first);
        conversation.ask(deleting(-1));
        trimmed(conversation, first);
        commit(conversation, first, 5);

        int session =
                conversation
                        .ask(ofSession(0, 0, List.of(fetched(first))))
                        .path("session_id")
                        .asInt();
        conversation.ask(
                new DeleteTopicsRequestData().setTimeoutMs(2_000).setTopicNames(List.of(TOPIC)),
                (short) 5);
        conversation.awaitAnswer(
                Requests.metadata(TOPIC),
                METADATA,
                answer ->
                        answer.path("topics").path(0).path("error_code").asInt()
                                == Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        conversation.awaitAnswer(
                allOffsets(),
                conversation.served().newest(ApiKeys.OFFSET_FETCH),
                answer -> answer.path("groups").path(0).path("topics").isEmpty());
        byItsId(conversation, first);
        conversation.ask(ofSession(session, 1, List.of()));
        conversation.ask(ofSession(session, 2, List.of()));

        Uuid second = Uuid.fromString(conversation.stage(TOPIC, 1));
        byItsId(conversation, first);
        conversation.ask(ofSession(session, 3, List.of()));
        conversation.ask(ofSession(session, 4, List.of(fetched(second))));
        conversation.ask(ofSession(session, 5, List.of()));
        commit(conversation, second, 1);
        offsets(conversation, second);
        byItsId(conversation, second);
    }

    private static void trimmed(Conversation conversation, Uuid id) throws IOException {
        for (long offset : new long[] {0, 1, 2, 4, 7, 8}) {
            conversation.ask(Requests.fetch(id, Requests.fetchPartition(0, offset)));
            conversation.ask(
                    Requests.fetch(id, Requests.fetchPartition(0, offset).setLastFetchedEpoch(0)));
        }
        for (long time : new long[] {-1, -2, -3, -4, 0, Batches.TIMESTAMP + 1}) {
            conversation.ask(Requests.listOffsets(TOPIC, 0, time));
        }
        OffsetForLeaderEpochRequestData epochs =
                new OffsetForLeaderEpochRequestData().setReplicaId(-1);
        epochs.topics()
                .add(
                        new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                                .setTopic(TOPIC)
                                .setPartitions(
                                        List.of(
                                                new OffsetForLeaderEpochRequestData
                                                                .OffsetForLeaderPartition()
                                                        .setLeaderEpoch(0))));
        conversation.ask(epochs);
        for (long offset : new long[] {0, 1}) {
            conversation.ask(deleting(offset));
        }
        conversation.ask(Requests.produce(TOPIC, 0, Batches.of(Compression.NONE, 1)), (short) 9);
    }

    private static void byItsId(Conversation conversation, Uuid id) throws IOException {
        conversation.ask(Requests.fetch(id, Requests.fetchPartition(0, 0)));
        conversation.ask(Requests.fetch(id, Requests.fetchPartition(1, 0)));
        ProduceRequestData produce = Requests.produce("", 0, Batches.of(Compression.NONE, 1));
        produce.topicData().iterator().next().setTopicId(id);
        conversation.ask(produce);
        conversation.ask(
                new MetadataRequestData()
                        .setAllowAutoTopicCreation(false)
                        .setTopics(
                                List.of(
                                        new MetadataRequestData.MetadataRequestTopic()
                                                .setName(null)
                                                .setTopicId(id))));
        offsets(conversation, id);
        conversation.ask(Requests.listOffsets(TOPIC, 0, -2));
    }

    private static void commit(Conversation conversation, Uuid id, long offset) throws IOException {
        conversation.ask(
                new OffsetCommitRequestData()
                        .setGroupId(GROUP)
                        .setTopics(
                                List.of(
                                        new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                                .setTopicId(id)
                                                .setPartitions(
                                                        List.of(
                                                                new OffsetCommitRequestData
                                                                                .OffsetCommitRequestPartition()
                                                                        .setCommittedOffset(
                                                                                offset))))));
    }

    private static void offsets(Conversation conversation, Uuid id) throws IOException {
        conversation.ask(
                new OffsetFetchRequestData()
                        .setGroups(
                                List.of(
                                        new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                .setGroupId(GROUP)
                                                .setTopics(
                                                        List.of(
                                                                new OffsetFetchRequestData
                                                                                .OffsetFetchRequestTopics()
                                                                        .setTopicId(id)
                                                                        .setPartitionIndexes(
                                                                                List.of(0, 1)))))));
        conversation.ask(allOffsets());
    }

    private static OffsetFetchRequestData allOffsets() {
        return new OffsetFetchRequestData()
                .setGroups(
                        List.of(
                                new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                        .setGroupId(GROUP)
                                        .setTopics(null)));
    }

    private static FetchRequestData.FetchTopic fetched(Uuid id) {
        return new FetchRequestData.FetchTopic()
                .setTopicId(id)
                .setPartitions(List.of(Requests.fetchPartition(0, 0)));
    }

    private static FetchRequestData ofSession(
            int session, int epoch, List<FetchRequestData.FetchTopic> topics) {
        return new FetchRequestData()
                .setReplicaId(-1)
                .setMaxWaitMs(0)
                .setMinBytes(0)
                .setMaxBytes(1 << 20)
                .setSessionId(session)
                .setSessionEpoch(epoch)
                .setTopics(topics);
    }

    private static DeleteRecordsRequestData deleting(long offset) {
        DeleteRecordsRequestData data = new DeleteRecordsRequestData().setTimeoutMs(2_000);
        data.topics()
                .add(
                        new DeleteRecordsRequestData.DeleteRecordsTopic()
                                .setName(TOPIC)
                                .setPartitions(
                                        List.of(
                                                new DeleteRecordsRequestData
                                                                .DeleteRecordsPartition()
                                                        .setOffset(offset))));
        return data;
    }
}
