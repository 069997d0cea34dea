package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.GroupRequests.assigning;
import static io.annals.compatibility.differential.GroupRequests.beating;
import static io.annals.compatibility.differential.GroupRequests.fetching;
import static io.annals.compatibility.differential.GroupRequests.joining;
import static io.annals.compatibility.differential.GroupRequests.syncing;
import static io.annals.compatibility.differential.TransactionRequests.OLD_END;
import static io.annals.compatibility.differential.TransactionRequests.addingOffsets;
import static io.annals.compatibility.differential.TransactionRequests.awaitEnd;
import static io.annals.compatibility.differential.TransactionRequests.ending;
import static io.annals.compatibility.differential.TransactionRequests.initialising;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/// Offsets committed as part of a transaction: seen before, while it is open, after its abort and
/// its commit, refused of strangers, of the fenced and of members of another generation.
final class TransactionalOffsetsDialogue implements Dialogue {
    private static final String TOPIC = "transactional-offsets";
    private static final String ID = "tx-offsets";
    private static final String GROUP = "tx-offsets";
    private static final String CONSUMERS = "tx-offsets-consumers";
    private static final String CONSUMER = "AAAAAAAAAAAAAAAAAAAAAQ";
    private static final short OLD_ADD = 3;

    /// The newest in which the offsets' partition is added to the transaction beforehand.
    private static final short OLD_COMMIT = 4;

    /// The newest that names topics by name, and adds the partition itself (KIP-890).
    private static final short ADDING_COMMIT = 5;

    private static final short FETCH_BY_NAME = 9;

    @Override
    public String name() {
        return "transactional offsets";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.INIT_PRODUCER_ID,
                ApiKeys.ADD_OFFSETS_TO_TXN,
                ApiKeys.TXN_OFFSET_COMMIT,
                ApiKeys.END_TXN,
                ApiKeys.OFFSET_FETCH,
                ApiKeys.OFFSET_DELETE,
                ApiKeys.DELETE_GROUPS,
                ApiKeys.JOIN_GROUP,
                ApiKeys.SYNC_GROUP,
                ApiKeys.CONSUMER_GROUP_HEARTBEAT);
    }

    /// A producer as the coordinator knows it, in one epoch.
    private record Producer(long id, int epoch) {

        static Producer begun(Conversation conversation) throws IOException {
            return of(conversation.ask(initialising(ID)));
        }

        static Producer of(JsonNode answer) {
            return new Producer(
                    answer.path("producer_id").asLong(), answer.path("producer_epoch").asInt());
        }

        Producer in(int otherEpoch) {
            return new Producer(id, otherEpoch);
        }

        TxnOffsetCommitRequestData commit(String group, long offset) {
            return new TxnOffsetCommitRequestData()
                    .setTransactionalId(ID)
                    .setGroupId(group)
                    .setProducerId(id)
                    .setProducerEpoch((short) epoch)
                    .setTopics(new ArrayList<>(List.of(topic(TOPIC, 0, offset))));
        }
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        Producer producer = Producer.begun(conversation);
        outOfTurn(conversation, producer);
        for (boolean commit : new boolean[] {true, false, true}) {
            transaction(conversation, producer, commit);
        }
        strange(conversation, producer);
        end(conversation, producer, false);
        members(conversation, producer);
        consumers(conversation, producer);
        Producer counted = everyEndCounts(conversation, producer);
        fenced(conversation, counted);
        conversation.askInEveryVersion(
                new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP)));
        read(conversation, GROUP);
    }

    /// Nothing was begun, or it is somebody else's.
    private static void outOfTurn(Conversation conversation, Producer producer) throws IOException {
        for (short version : List.of((short) 0, (short) 2, (short) 3, OLD_COMMIT)) {
            conversation.ask(producer.commit(GROUP, 1), version);
        }
        for (short version : List.of(OLD_COMMIT, ADDING_COMMIT)) {
            for (String who : List.of("none", "")) {
                conversation.ask(producer.commit(GROUP, 1).setTransactionalId(who), version);
            }
            conversation.ask(producer.in(producer.epoch() + 1).commit(GROUP, 1), version);
            conversation.ask(producer.in(-1).commit(GROUP, 1), version);
            conversation.ask(new Producer(producer.id() + 1_000, 0).commit(GROUP, 1), version);
        }
        read(conversation, GROUP);
    }

    /// Two offsets in one transaction, looked at from outside before and after its end.
    private static void transaction(Conversation conversation, Producer producer, boolean commit)
            throws IOException, InterruptedException {
        long offset = commit ? 2 : 1;
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), GROUP), OLD_ADD);
        for (short version : conversation.served().of(ApiKeys.TXN_OFFSET_COMMIT)) {
            if (version <= OLD_COMMIT) {
                conversation.ask(producer.commit(GROUP, offset), version);
            }
        }
        read(conversation, GROUP);
        TxnOffsetCommitRequestData another = producer.commit(GROUP, 0);
        another.topics().set(0, topic(TOPIC, 1, offset));
        conversation.ask(another, OLD_COMMIT);
        read(conversation, GROUP);
        conversation.ask(deleting()); // of what is not stable
        end(conversation, producer, commit);
        read(conversation, GROUP);
    }

    private static void end(Conversation conversation, Producer producer, boolean commit)
            throws IOException, InterruptedException {
        EndTxnRequestData end = ending(ID, producer.id(), producer.epoch(), commit);
        conversation.ask(end, OLD_END);
        awaitEnd(conversation, end);
    }

    /// Partitions that do not exist, too much metadata, odd offsets, groups without a name.
    private static void strange(Conversation conversation, Producer producer) throws IOException {
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), GROUP), OLD_ADD);
        for (TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic topic :
                List.of(
                        topic("none", 0, 1),
                        topic("", 0, 1),
                        topic(TOPIC, 9, 1),
                        topic(TOPIC, -1, 1),
                        topic(TOPIC, 0, -1),
                        topic(TOPIC, 0, Long.MAX_VALUE))) {
            TxnOffsetCommitRequestData data = producer.commit(GROUP, 0);
            data.topics().set(0, topic);
            conversation.ask(data, OLD_COMMIT);
            data.topics().add(topic(TOPIC, 1, 2));
            conversation.ask(data, OLD_COMMIT);
        }
        TxnOffsetCommitRequestData wordy = producer.commit(GROUP, 1);
        wordy.topics().getFirst().partitions().getFirst().setCommittedMetadata("x".repeat(5_000));
        conversation.ask(wordy, OLD_COMMIT);
        for (String group : List.of("", "another")) {
            conversation.ask(producer.commit(group, 1), OLD_COMMIT);
        }
    }

    /// As a member of a classic group: of its generation and of others, under its name and others'.
    private static void members(Conversation conversation, Producer producer)
            throws IOException, InterruptedException {
        JsonNode joined = conversation.ask(joining(GROUP, "").setGroupInstanceId("one"));
        String first = joined.path("member_id").asText();
        conversation.call(first, "<first>");
        conversation.ask(
                syncing(GROUP, first, 1)
                        .setGroupInstanceId("one")
                        .setAssignments(List.of(assigning(first))));
        String second =
                conversation
                        .ask(joining(GROUP, "").setGroupInstanceId("one"))
                        .path("member_id")
                        .asText();
        conversation.call(second, "<second>");
        int generation = joined.path("generation_id").asInt();
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), GROUP), OLD_ADD);
        for (@Nullable String instance : new @Nullable String[] {"one", "two", null}) {
            for (String who : List.of(first, second, "ghost", "")) {
                for (int of : new int[] {generation, generation + 1, -1}) {
                    conversation.ask(
                            producer.commit(GROUP, 1)
                                    .setMemberId(who)
                                    .setGenerationIdOrMemberEpoch(of)
                                    .setGroupInstanceId(instance),
                            OLD_COMMIT);
                }
            }
        }
        read(conversation, GROUP);
        end(conversation, producer, true);
        read(conversation, GROUP);
    }

    /// As a member of a group of the new protocol.
    private static void consumers(Conversation conversation, Producer producer)
            throws IOException, InterruptedException {
        int epoch =
                conversation
                        .ask(beating(CONSUMERS, CONSUMER, 0, TOPIC))
                        .path("member_epoch")
                        .asInt();
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), CONSUMERS), OLD_ADD);
        for (String who : List.of(CONSUMER, "ghost", "")) {
            for (int of : new int[] {epoch, epoch + 1, epoch - 1, -1}) {
                conversation.ask(
                        producer.commit(CONSUMERS, 1)
                                .setMemberId(who)
                                .setGenerationIdOrMemberEpoch(of),
                        OLD_COMMIT);
            }
        }
        read(conversation, CONSUMERS);
        end(conversation, producer, true);
        read(conversation, CONSUMERS);
        conversation.ask(beating(CONSUMERS, CONSUMER, -1, TOPIC));
    }

    /// Since KIP-890 a commit of offsets begins its transaction, and each end counts the epoch up.
    ///
    /// @return the producer in its last epoch
    private static Producer everyEndCounts(Conversation conversation, Producer producer)
            throws IOException, InterruptedException {
        short end = conversation.served().newest(ApiKeys.END_TXN);
        Producer now = producer;
        for (boolean commit : new boolean[] {false, true}) {
            conversation.ask(now.commit(CONSUMERS, commit ? 3 : 4), ADDING_COMMIT);
            read(conversation, CONSUMERS);
            JsonNode ended = conversation.ask(ending(ID, now.id(), now.epoch(), commit), end);
            Producer next = Producer.of(ended);
            conversation.awaitAnswer(
                    fetch(CONSUMERS, true),
                    FETCH_BY_NAME,
                    answer ->
                            answer.findValues("error_code").stream().allMatch(c -> c.asInt() == 0));
            read(conversation, CONSUMERS);
            conversation.ask(now.commit(CONSUMERS, 5), ADDING_COMMIT); // of the last epoch
            now = next;
        }
        return now;
    }

    /// A new run of the same producer fences this one.
    private static void fenced(Conversation conversation, Producer producer)
            throws IOException, InterruptedException {
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), GROUP), OLD_ADD);
        conversation.ask(producer.commit(GROUP, 1), OLD_COMMIT);
        conversation.awaitAnswer(
                initialising(ID),
                conversation.served().newest(ApiKeys.INIT_PRODUCER_ID),
                answer -> answer.path("error_code").asInt() == 0);
        for (short version : List.of((short) 1, OLD_COMMIT, ADDING_COMMIT)) {
            conversation.ask(producer.commit(GROUP, 1), version);
        }
        conversation.ask(addingOffsets(ID, producer.id(), producer.epoch(), GROUP), OLD_ADD);
        conversation.ask(ending(ID, producer.id(), producer.epoch(), true), OLD_END);
        read(conversation, GROUP);
    }

    private static OffsetDeleteRequestData deleting() {
        OffsetDeleteRequestData data = new OffsetDeleteRequestData().setGroupId(GROUP);
        data.topics()
                .add(
                        new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                                .setName(TOPIC)
                                .setPartitions(
                                        List.of(
                                                new OffsetDeleteRequestData
                                                                .OffsetDeleteRequestPartition()
                                                        .setPartitionIndex(1))));
        return data;
    }

    private static TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic topic(
            String name, int partition, long offset) {
        return new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic()
                .setName(name)
                .setPartitions(
                        List.of(
                                new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition()
                                        .setPartitionIndex(partition)
                                        .setCommittedOffset(offset)
                                        .setCommittedMetadata("m")));
    }

    private static void read(Conversation conversation, String group) throws IOException {
        for (boolean stable : new boolean[] {false, true}) {
            conversation.ask(fetch(group, stable), FETCH_BY_NAME);
            OffsetFetchRequestData all = fetch(group, stable);
            all.groups().getFirst().setTopics(null);
            conversation.ask(all, FETCH_BY_NAME);
        }
    }

    private static OffsetFetchRequestData fetch(String group, boolean stable) {
        return new OffsetFetchRequestData()
                .setRequireStable(stable)
                .setGroups(
                        List.of(
                                fetching(group)
                                        .setTopics(
                                                List.of(
                                                        new OffsetFetchRequestData
                                                                        .OffsetFetchRequestTopics()
                                                                .setName(TOPIC)
                                                                .setPartitionIndexes(
                                                                        List.of(0, 1, 9))))));
    }
}
