package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// Reads at, before and after the ends of a partition, wrong epochs, small bounds, unknown topics.
final class FetchDialogue implements Dialogue {
    private static final String TOPIC = "fetch";
    private static final long[] OFFSETS = {0, 1, 3, 5, 6, 7, -1, Long.MAX_VALUE};
    private static final long[] TIMESTAMPS = {
        -1, -2, -3, -4, -5, -6, -7, 0, Batches.TIMESTAMP, Batches.TIMESTAMP + 1, Long.MAX_VALUE
    };

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(ApiKeys.FETCH, ApiKeys.PRODUCE, ApiKeys.CREATE_TOPICS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        Uuid id = Uuid.fromString(conversation.stage(TOPIC, 2));
        conversation.ask(
                Requests.produce(TOPIC, 0, Batches.of(Compression.gzip().build(), 3)), (short) 9);
        for (long offset : OFFSETS) {
            both(conversation, id, Requests.fetchPartition(0, offset));
        }
        both(conversation, id, Requests.fetchPartition(1, 0));
        both(conversation, id, Requests.fetchPartition(7, 0));
        both(conversation, id, Requests.fetchPartition(-1, 0));
        both(conversation, id, Requests.fetchPartition(0, 0).setPartitionMaxBytes(1));
        both(conversation, id, Requests.fetchPartition(0, 0).setPartitionMaxBytes(0));
        both(conversation, id, Requests.fetchPartition(0, 0).setPartitionMaxBytes(-1));
        both(conversation, id, Requests.fetchPartition(0, 0).setPartitionMaxBytes(100));
        for (int epoch : new int[] {0, 1, 7, -2}) {
            both(conversation, id, Requests.fetchPartition(0, 0).setCurrentLeaderEpoch(epoch));
            both(conversation, id, Requests.fetchPartition(0, 6).setLastFetchedEpoch(epoch));
        }
        conversation.askInEveryVersion(Requests.fetch("none", Requests.fetchPartition(0, 0)));
        conversation.askInEveryVersion(
                Requests.fetch(SeededRequests.NO_TOPIC, Requests.fetchPartition(0, 0)));
        conversation.askInEveryVersion(
                Requests.fetch(Uuid.ZERO_UUID, Requests.fetchPartition(0, 0)));
        sessions(conversation, TOPIC);
        offsets(conversation);
    }

    private static void both(
            Conversation conversation, Uuid id, FetchRequestData.FetchPartition partition)
            throws IOException {
        conversation.ask(Requests.fetch(TOPIC, partition), (short) 12);
        conversation.ask(Requests.fetch(id, partition));
        conversation.ask(Requests.fetch(TOPIC, partition).setIsolationLevel((byte) 1), (short) 12);
        conversation.ask(Requests.fetch(TOPIC, partition).setMaxBytes(1), (short) 12);
    }

    private static void sessions(Conversation conversation, String topic) throws IOException {
        FetchRequestData.FetchPartition partition = Requests.fetchPartition(0, 0);
        var opened =
                conversation.ask(Requests.fetch(topic, partition).setSessionEpoch(0), (short) 12);
        int session = opened.path("session_id").asInt();
        for (int epoch : new int[] {1, 1, 2, 2, 9, 0, -1}) {
            conversation.ask(
                    Requests.fetch(topic, partition)
                            .setSessionId(session)
                            .setSessionEpoch(epoch)
                            .setTopics(List.of()),
                    (short) 12);
        }
        conversation.ask(
                Requests.fetch(topic, partition).setSessionId(77).setSessionEpoch(1), (short) 12);
    }

    private static void offsets(Conversation conversation) throws IOException {
        for (long timestamp : TIMESTAMPS) {
            conversation.askInEveryVersion(Requests.listOffsets(TOPIC, 0, timestamp));
            conversation.askInEveryVersion(Requests.listOffsets(TOPIC, 1, timestamp));
        }
        conversation.askInEveryVersion(Requests.listOffsets(TOPIC, 9, -1));
        conversation.askInEveryVersion(Requests.listOffsets("none", 0, -1));
        for (int epoch : new int[] {0, 1, -2}) {
            ListOffsetsRequestData data = Requests.listOffsets(TOPIC, 0, -1);
            data.topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(epoch);
            conversation.askInEveryVersion(data);
        }
        conversation.askInEveryVersion(
                Requests.listOffsets(TOPIC, 0, -1).setIsolationLevel((byte) 1));
        if (conversation.served().apis().contains(ApiKeys.OFFSET_FOR_LEADER_EPOCH)) {
            for (int epoch : new int[] {0, 1, -1, -2}) {
                conversation.askInEveryVersion(epochEnd(0, epoch));
                conversation.askInEveryVersion(epochEnd(9, epoch));
            }
        }
    }

    private static OffsetForLeaderEpochRequestData epochEnd(int partition, int epoch) {
        OffsetForLeaderEpochRequestData data =
                new OffsetForLeaderEpochRequestData().setReplicaId(-1);
        data.topics()
                .add(
                        new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                                .setTopic(TOPIC)
                                .setPartitions(
                                        List.of(
                                                new OffsetForLeaderEpochRequestData
                                                                .OffsetForLeaderPartition()
                                                        .setPartition(partition)
                                                        .setLeaderEpoch(epoch))));
        return data;
    }
}
