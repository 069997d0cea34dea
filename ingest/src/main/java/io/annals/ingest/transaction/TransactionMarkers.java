package io.annals.ingest.transaction;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionState;

/// What the partitions know of transactions: open ones, and the markers that end them. Thread-safe.
interface TransactionMarkers {

    /// Writes the marker of a decided transaction to each partition. Does not block.
    ///
    /// Tries again what is worth it. A partition that is gone counts as written.
    ///
    /// @return completes with NONE when all markers are durable, with the error of one that cannot
    ///   be written otherwise; never exceptionally
    CompletableFuture<Errors> write(Marker marker, Set<TopicPartition> partitions);

    /// Every transaction that is open in a partition. Blocks.
    List<Open> open();

    /// @param producerEpoch fences every smaller one
    /// @param coordinatorEpoch a partition refuses a marker with a smaller one than it has seen
    /// @param version level of `transaction.version` that the transaction was made with
    record Marker(
            long producerId,
            short producerEpoch,
            boolean commit,
            int coordinatorEpoch,
            short version) {

        /// One coordinator for all time, while there is one server.
        private static final int COORDINATOR_EPOCH = 0;

        static Marker of(TransactionMetadata prepared) {
            return new Marker(
                    prepared.producerId(),
                    prepared.producerEpoch(),
                    prepared.state() == TransactionState.PREPARE_COMMIT,
                    COORDINATOR_EPOCH,
                    prepared.clientVersion());
        }

        /// Ends what no transaction knows of.
        static Marker abort(Open open) {
            return new Marker(
                    open.producerId(), open.producerEpoch(), false, COORDINATOR_EPOCH, (short) 0);
        }
    }

    /// @param producerEpoch of its batches
    record Open(TopicPartition partition, long producerId, short producerEpoch) {}
}
