package io.annals.ingest.transaction;

import io.annals.ingest.internal.InternalLog;
import io.annals.wal.EndTransaction;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;

/// Markers that are written together with the state of their transaction. Thread-safe.
interface JointMarkers {

    /// All markers of a decided transaction, as the log takes them; a partition that is gone needs
    /// none.
    ///
    /// @param state the partition that keeps the state
    /// @return empty if they have to be written after the state
    Optional<EndTransaction> inLog(TransactionMetadata decided, TopicIdPartition state);

    /// Lets the offsets of a transaction count, or drops them. For what [#inLog] has markers for.
    ///
    /// @param joint writes the marker among all others, when the offsets' partition is at that
    /// @return as `OffsetsTransactions.complete`; `joint` may run after a failure or never
    CompletableFuture<Void> endOffsets(TransactionMetadata decided, InternalLog.Joint joint);
}
