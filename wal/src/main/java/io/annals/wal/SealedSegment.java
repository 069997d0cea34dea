package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;

/// A WAL segment that will not change any more: what the indexer turns into archive objects.
public interface SealedSegment {

    /// Shard, id of the data directory and number, e.g.
    /// `0-019aa1b2c3d4e5f60718-00000000000000000017`. Unique forever, also if the directory is lost
    /// and begun anew, and in lexicographic order within a shard. Made of `[0-9a-f-]`.
    String id();

    long sizeBytes();

    /// Wall clock when it was begun, -1 if that is not known.
    default long createdAtMs() {
        return -1;
    }

    /// What it holds, per partition. Partitions of deleted topics are left out, so it may become
    /// empty: such a segment can be released without archiving it.
    Map<TopicIdPartition, Contents> contents();

    /// Feeds every batch of a partition, in offset order, to `visitor`. The buffer is mapped memory
    /// and valid only during the call.
    ///
    /// @throws CorruptWalException if a frame or batch CRC does not fit, naming file and position
    void forEachBatch(TopicIdPartition partition, BatchVisitor visitor) throws IOException;

    /// What this segment tells of the transactions of a partition.
    default SegmentTransactions transactions(TopicIdPartition partition) {
        return SegmentTransactions.NONE;
    }

    /// @param endOffset offset after the last record in this segment
    /// @param maxTimestampMs largest event time, as the batch headers tell it
    record Contents(
            long baseOffset, long endOffset, int batchCount, long sizeBytes, long maxTimestampMs) {}

    @FunctionalInterface
    interface BatchVisitor {
        /// @param batch one whole record batch, position to limit
        /// @param ingestTimeMs server wall clock at its append
        void batch(ByteBuffer batch, long ingestTimeMs) throws IOException;
    }
}
