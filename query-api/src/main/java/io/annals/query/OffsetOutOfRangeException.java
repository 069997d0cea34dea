package io.annals.query;

import org.apache.kafka.common.TopicIdPartition;

/// The records asked for are deleted, disposed of, or not written yet; or their partition does not
/// exist.
public final class OffsetOutOfRangeException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OffsetOutOfRangeException(TopicIdPartition partition, long offset, String allowed) {
        super("offset %d of %s: %s".formatted(offset, partition, allowed));
    }

    static OffsetOutOfRangeException of(
            TopicIdPartition partition, long offset, PartitionBounds bounds) {
        return new OffsetOutOfRangeException(
                partition,
                offset,
                "allowed are [%d, %d)".formatted(bounds.logStartOffset(), bounds.highWatermark()));
    }

    static OffsetOutOfRangeException unknown(TopicIdPartition partition, long offset) {
        return new OffsetOutOfRangeException(partition, offset, "no such partition");
    }
}
