package io.annals.ingest.group;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;

/// Asks the transaction coordinator whether a partition of `__consumer_offsets` belongs to a
/// transaction, before offsets are written there in its name (KIP-890). The transaction coordinator
/// plugs in.
@FunctionalInterface
public interface TransactionMembership {

    /// Completes if the transaction of `transactionalId` is ongoing with this producer and contains
    /// `partition`, which from version 5 of TxnOffsetCommit on it may add itself; otherwise fails
    /// with one of Kafka's errors.
    ///
    /// @param apiVersion of the client's TxnOffsetCommit
    CompletableFuture<Void> require(
            TopicPartition partition,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion);
}
