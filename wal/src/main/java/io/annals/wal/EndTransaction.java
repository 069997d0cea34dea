package io.annals.wal;

import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;

/// What a transaction coordinator decided, to be written as a marker (KIP-98: a control batch of
/// one COMMIT or ABORT record) to each partition of the transaction.
///
/// @param producerEpoch the marker fences every smaller epoch of this producer
/// @param coordinatorEpoch the marker is refused where one of a larger epoch was written for this
///   producer
/// @param fsyncMode when a marker counts as written
public record EndTransaction(
        long producerId,
        short producerEpoch,
        int coordinatorEpoch,
        boolean commit,
        Set<TopicIdPartition> partitions,
        FsyncMode fsyncMode) {

    public EndTransaction {
        partitions = Set.copyOf(partitions);
        if (producerId < 0 || producerEpoch < 0) {
            throw new IllegalArgumentException(
                    "producer %d with epoch %d: both must be at least 0"
                            .formatted(producerId, producerEpoch));
        }
    }
}
