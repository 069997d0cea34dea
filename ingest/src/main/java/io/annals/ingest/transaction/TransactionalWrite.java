package io.annals.ingest.transaction;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/// A producer's wish to write to partitions within its transaction.
///
/// @param level whether the write adds its partitions to the transaction, or they must be in it
public record TransactionalWrite(
        String transactionalId,
        long producerId,
        short producerEpoch,
        Set<TopicPartition> partitions,
        WriterLevel level) {

    public TransactionalWrite {
        partitions = Set.copyOf(partitions);
    }
}
