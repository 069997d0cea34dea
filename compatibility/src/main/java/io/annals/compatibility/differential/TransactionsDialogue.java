package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.TransactionRequests.OLD_END;
import static io.annals.compatibility.differential.TransactionRequests.addingOffsets;
import static io.annals.compatibility.differential.TransactionRequests.awaitEnd;
import static io.annals.compatibility.differential.TransactionRequests.ending;
import static io.annals.compatibility.differential.TransactionRequests.initialising;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// A transactional producer that begins, commits and aborts, and one that does so in the wrong
/// order, with wrong ids and epochs.
final class TransactionsDialogue implements Dialogue {
    private static final String TOPIC = "transactions";
    private static final String ID = "tx";
    private static final String GROUP = "transactional-group";
    private static final short OLD_ADD = 3;
    private static final short OLD_PRODUCE = 9;

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.INIT_PRODUCER_ID,
                ApiKeys.ADD_PARTITIONS_TO_TXN,
                ApiKeys.ADD_OFFSETS_TO_TXN,
                ApiKeys.END_TXN,
                ApiKeys.DESCRIBE_TRANSACTIONS,
                ApiKeys.LIST_TRANSACTIONS,
                ApiKeys.DESCRIBE_PRODUCERS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        for (int timeout : new int[] {0, -1, Integer.MAX_VALUE}) {
            conversation.ask(initialising(ID).setTransactionTimeoutMs(timeout));
        }
        conversation.ask(initialising(""));
        JsonNode begun = conversation.ask(initialising(ID));
        long id = begun.path("producer_id").asLong();
        int epoch = begun.path("producer_epoch").asInt();
        out(conversation, id, epoch);
        for (boolean commit : new boolean[] {true, false}) {
            conversation.ask(adding(ID, id, epoch, TOPIC, 0), OLD_ADD);
            conversation.ask(producing(id, epoch, commit ? 0 : 3), OLD_PRODUCE);
            conversation.ask(addingOffsets(ID, id, epoch, GROUP), OLD_ADD);
            conversation.ask(described(ID));
            conversation.ask(producersOf(0));
            read(conversation);
            conversation.ask(ending(ID, id, epoch, commit), OLD_END);
            awaitEnd(conversation, ending(ID, id, epoch, commit));
            conversation.ask(ending(ID, id, epoch, commit), OLD_END);
            conversation.ask(ending(ID, id, epoch, !commit), OLD_END);
        }
        read(conversation);
        conversation.ask(initialising(ID));
        conversation.ask(adding(ID, id, epoch, TOPIC, 0), OLD_ADD);
        conversation.ask(producing(id, epoch, 6), OLD_PRODUCE);
        conversation.ask(ending(ID, id, epoch, true), OLD_END);
        asked(conversation);
    }

    /// One batch at a time: a marker is so much younger than the records that Kafka puts it into
    /// another segment, and reads no further than the end of one.
    private static void read(Conversation conversation) throws IOException {
        for (long offset : new long[] {0, 3, 6, 7, 10, 11}) {
            for (byte isolation : new byte[] {0, 1}) {
                conversation.ask(
                        Requests.fetch(
                                        TOPIC,
                                        Requests.fetchPartition(0, offset).setPartitionMaxBytes(1))
                                .setIsolationLevel(isolation),
                        (short) 12);
            }
        }
    }

    /// What is out of turn: nothing was begun, or it is somebody else's.
    private static void out(Conversation conversation, long id, int epoch) throws IOException {
        conversation.ask(producing(id, epoch, 0), OLD_PRODUCE);
        conversation.ask(ending(ID, id, epoch, true), OLD_END);
        conversation.ask(ending(ID, id, epoch, false), OLD_END);
        for (String who : List.of(ID, "none", "")) {
            for (int e : new int[] {epoch, epoch + 1, -1}) {
                conversation.ask(adding(who, id + 1, e, TOPIC, 0), OLD_ADD);
                conversation.ask(ending(who, id + 1, e, true), OLD_END);
                conversation.ask(addingOffsets(who, id + 1, e, GROUP), OLD_ADD);
            }
        }
        conversation.ask(adding(ID, id, epoch + 1, TOPIC, 0), OLD_ADD);
        conversation.ask(adding(ID, id, epoch, "none", 0), OLD_ADD);
        conversation.ask(adding(ID, id, epoch, TOPIC, 9), OLD_ADD);
    }

    private static AddPartitionsToTxnRequestData adding(
            String who, long id, int epoch, String topic, int partition) {
        AddPartitionsToTxnRequestData data =
                new AddPartitionsToTxnRequestData()
                        .setV3AndBelowTransactionalId(who)
                        .setV3AndBelowProducerId(id)
                        .setV3AndBelowProducerEpoch((short) epoch);
        data.v3AndBelowTopics()
                .add(
                        new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic()
                                .setName(topic)
                                .setPartitions(List.of(partition)));
        return data;
    }

    private static ProduceRequestData producing(long id, int epoch, int sequence) {
        return Requests.produce(TOPIC, 0, Batches.transactional(id, epoch, sequence, 3))
                .setTransactionalId(ID);
    }

    private static DescribeTransactionsRequestData described(String... ids) {
        return new DescribeTransactionsRequestData().setTransactionalIds(List.of(ids));
    }

    private static void asked(Conversation conversation) throws IOException {
        conversation.ask(described("none"));
        conversation.ask(described(""));
        conversation.askInEveryVersion(
                new ListTransactionsRequestData().setStateFilters(List.of("nonsense")));
        for (int partition : new int[] {0, 1, 9, -1}) {
            conversation.ask(producersOf(partition));
        }
    }

    private static DescribeProducersRequestData producersOf(int partition) {
        DescribeProducersRequestData data = new DescribeProducersRequestData();
        data.topics()
                .add(
                        new DescribeProducersRequestData.TopicRequest()
                                .setName(TOPIC)
                                .setPartitionIndexes(List.of(partition)));
        return data;
    }
}
