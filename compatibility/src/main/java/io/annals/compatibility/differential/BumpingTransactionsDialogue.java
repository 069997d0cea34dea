package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.TransactionRequests.ending;
import static io.annals.compatibility.differential.TransactionRequests.initialising;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/// A transactional producer of level 2 (KIP-890), whose writes add their partitions and whose epoch
/// goes up with each end: ends that are repeated, that come before anything was written, that
/// change their mind, and writes of the epoch before.
final class BumpingTransactionsDialogue implements Dialogue {
    private static final String TOPIC = "bumping-transactions";
    private static final String ID = "tx-bumping";
    private static final short END = 5;

    /// The newest that names topics by name; it adds partitions to the transaction.
    private static final short PRODUCE = 12;

    /// A producer in one epoch.
    private record Producer(long id, int epoch) {
        static Producer of(JsonNode answer) {
            return new Producer(
                    answer.path("producer_id").asLong(), answer.path("producer_epoch").asInt());
        }

        EndTxnRequestData end(boolean commit) {
            return ending(ID, id, epoch, commit);
        }

        ProduceRequestData write(int partition, int sequence) {
            return Requests.produce(TOPIC, partition, Batches.transactional(id, epoch, sequence, 3))
                    .setTransactionalId(ID);
        }

        Producer later(int epochs) {
            return new Producer(id, epoch + epochs);
        }
    }

    @Override
    public String name() {
        return "bumping transactions";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.INIT_PRODUCER_ID,
                ApiKeys.END_TXN,
                ApiKeys.DESCRIBE_TRANSACTIONS,
                ApiKeys.DESCRIBE_PRODUCERS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        Producer producer = Producer.of(conversation.ask(initialising(ID)));
        conversation.ask(producer.end(true), END);
        producer = end(conversation, producer, false);
        for (boolean commit : new boolean[] {true, false, true}) {
            producer = transaction(conversation, producer, commit);
        }
        conversation.ask(producer.write(0, 0), PRODUCE);
        Producer fencing = Producer.of(fence(conversation));
        conversation.ask(producer.end(true), END);
        conversation.ask(producer.write(0, 3), PRODUCE);
        conversation.ask(fencing.end(true), END);
        look(conversation);
    }

    /// @return the producer after it
    private static Producer transaction(
            Conversation conversation, Producer producer, boolean commit)
            throws IOException, InterruptedException {
        conversation.ask(producer.later(1).write(0, 0), PRODUCE);
        conversation.ask(producer.later(-1).write(0, 0), PRODUCE);
        conversation.ask(producer.write(0, 0), PRODUCE);
        look(conversation); // at one partition: of several, the order is nobody's promise
        conversation.ask(producer.write(1, 0), PRODUCE);
        for (int epochs : new int[] {1, -1, 2}) {
            conversation.ask(producer.later(epochs).end(commit), END);
        }
        conversation.ask(ending(ID, producer.id() + 1, producer.epoch(), commit), END);
        Producer next = end(conversation, producer, commit);
        look(conversation);
        conversation.ask(producer.end(!commit), END); // another outcome, too late
        conversation.ask(producer.write(0, 3), PRODUCE);
        conversation.ask(next.end(true), END); // of nothing
        Producer last = end(conversation, next, false); // of nothing, too, which is allowed
        conversation.ask(producer.end(commit), END);
        conversation.ask(next.write(0, 0), PRODUCE);
        return last;
    }

    /// Ends it, and asks again as a client does that missed the answer.
    ///
    /// @return the producer after it
    private static Producer end(Conversation conversation, Producer producer, boolean commit)
            throws IOException, InterruptedException {
        JsonNode ended = conversation.ask(producer.end(commit), END);
        conversation.awaitAnswer(
                producer.end(commit),
                END,
                answer ->
                        answer.path("error_code").asInt() != Errors.CONCURRENT_TRANSACTIONS.code());
        conversation.ask(producer.end(commit), END);
        return Producer.of(ended);
    }

    /// Another instance takes over; the first try aborts what is open.
    private static JsonNode fence(Conversation conversation)
            throws IOException, InterruptedException {
        conversation.ask(initialising(ID));
        JsonNode[] begun = new JsonNode[1];
        conversation.awaitAnswer(
                initialising(ID),
                conversation.served().newest(ApiKeys.INIT_PRODUCER_ID),
                answer -> {
                    begun[0] = answer;
                    return answer.path("error_code").asInt() == Errors.NONE.code();
                });
        return begun[0];
    }

    private static void look(Conversation conversation) throws IOException {
        conversation.ask(new DescribeTransactionsRequestData().setTransactionalIds(List.of(ID)));
        DescribeProducersRequestData producers = new DescribeProducersRequestData();
        producers
                .topics()
                .add(
                        new DescribeProducersRequestData.TopicRequest()
                                .setName(TOPIC)
                                .setPartitionIndexes(List.of(0, 1)));
        conversation.ask(producers);
    }
}
