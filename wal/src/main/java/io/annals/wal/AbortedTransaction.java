package io.annals.wal;

/// A transaction of one producer in one partition that an ABORT marker ended: consumers that read
/// committed records drop this producer's transactional batches within it.
///
/// @param firstOffset base offset of its first batch
/// @param lastOffset offset of the marker; belongs to the range, as in Kafka's transaction index
public record AbortedTransaction(long producerId, long firstOffset, long lastOffset) {

    /// Whether it has an offset in `[fromOffset, toOffset)`.
    public boolean overlaps(long fromOffset, long toOffset) {
        return firstOffset < toOffset && lastOffset >= fromOffset;
    }
}
