package io.annals.ingest.group;

import io.annals.ingest.internal.InternalLog;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.TransactionResult;

/// Ends transactions in `__consumer_offsets`: for the transaction coordinator, which writes no
/// marker there itself, because the group coordinator is that topic's one writer.
public interface OffsetsTransactions {

    /// The partition of `__consumer_offsets` that keeps the offsets of `groupId`.
    int partitionFor(String groupId);

    /// The end of a transaction in one partition.
    ///
    /// @param partition of `__consumer_offsets`
    /// @param transactionVersion as in WriteTxnMarkers
    record Ending(
            int partition,
            long producerId,
            short producerEpoch,
            int coordinatorEpoch,
            TransactionResult result,
            short transactionVersion) {}

    /// Writes the marker and lets the offsets of the transaction count, or drops them.
    ///
    /// @param joint writes the marker when it is its turn, if there is one
    /// @return completes when the marker is durable; fails with one of Kafka's errors, retriable
    ///   while the coordinator loads
    CompletableFuture<Void> complete(Ending ending, Optional<InternalLog.Joint> joint);

    /// Whether nothing waits to be written to the partition: a marker would have its turn at once.
    boolean isIdle(int partition);
}
