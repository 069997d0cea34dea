package io.annals.wal;

import org.apache.kafka.common.TopicIdPartition;

/// Hears what happens in the log. Called on a writer thread: return at once, never block, never
/// throw.
public interface WalListener {

    /// Everything below `highWatermark` can now be read.
    default void highWatermarkAdvanced(TopicIdPartition partition, long highWatermark) {}

    /// Every transaction below `lastStableOffset` is decided and everything below it can be read.
    default void lastStableOffsetAdvanced(TopicIdPartition partition, long lastStableOffset) {}

    /// A segment was sealed, by size (`bySize`) or by age or on request.
    default void segmentSealed(SealedSegment segment, boolean bySize) {}

    /// An fsync made `bytes` durable within `nanos`.
    default void synced(long bytes, long nanos) {}

    /// A shard takes no more appends until the log is opened again.
    default void shardFailed(int shard, String message) {}
}
