package io.annals.ingest.group;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.TransactionResult;

/// Ends transactions in `__consumer_offsets`: for the transaction coordinator, which writes no
/// marker there itself, because the group coordinator is that topic's one writer.
public interface OffsetsTransactions {

    /// The partition of `__consumer_offsets` that keeps the offsets of `groupId`.
    int partitionFor(String groupId);

    /// Writes the marker and lets the offsets of the transaction count, or drops them.
    ///
    /// @param partition of `__consumer_offsets`
    /// @param transactionVersion as in WriteTxnMarkers
    /// @return completes when the marker is durable; fails with one of Kafka's errors, retriable
    ///   while the coordinator loads
    CompletableFuture<Void> complete(
            int partition,
            long producerId,
            short producerEpoch,
            int coordinatorEpoch,
            TransactionResult result,
            short transactionVersion);
}
