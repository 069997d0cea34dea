package io.annals.compatibility.differential;

import java.io.IOException;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.Errors;

/// Sound requests of transactional producers, for dialogues to spoil.
final class TransactionRequests {
    /// The newest version that does not count the epoch up with each transaction (KIP-890).
    static final short OLD_END = 3;

    private TransactionRequests() {}

    static InitProducerIdRequestData initialising(String id) {
        return new InitProducerIdRequestData()
                .setTransactionalId(id)
                .setTransactionTimeoutMs(60_000);
    }

    static AddOffsetsToTxnRequestData addingOffsets(String who, long id, int epoch, String group) {
        return new AddOffsetsToTxnRequestData()
                .setTransactionalId(who)
                .setProducerId(id)
                .setProducerEpoch((short) epoch)
                .setGroupId(group);
    }

    static EndTxnRequestData ending(String who, long id, int epoch, boolean commit) {
        return new EndTxnRequestData()
                .setTransactionalId(who)
                .setProducerId(id)
                .setProducerEpoch((short) epoch)
                .setCommitted(commit);
    }

    /// Markers are written after the answer; until then the producer is told to try again.
    static void awaitEnd(Conversation conversation, EndTxnRequestData again)
            throws IOException, InterruptedException {
        conversation.awaitAnswer(
                again,
                OLD_END,
                answer ->
                        answer.path("error_code").asInt() != Errors.CONCURRENT_TRANSACTIONS.code());
    }
}
