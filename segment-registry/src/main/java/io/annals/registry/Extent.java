package io.annals.registry;

/// Where records of one partition lie: those of a [PartitionRange], or those of many together.
///
/// @param baseOffset first offset, inclusive
/// @param endOffset offset after the last record
/// @param minTimestampMs smallest event time
/// @param maxTimestampMs largest event time
/// @param minIngestTimeMs smallest ingest time
/// @param maxIngestTimeMs largest ingest time
public record Extent(
        int partition,
        long baseOffset,
        long endOffset,
        long minTimestampMs,
        long maxTimestampMs,
        long minIngestTimeMs,
        long maxIngestTimeMs) {

    /// The smallest extent that has all of both in it.
    ///
    /// @param other of the same partition
    Extent and(Extent other) {
        return new Extent(
                partition,
                Math.min(baseOffset, other.baseOffset),
                Math.max(endOffset, other.endOffset),
                Math.min(minTimestampMs, other.minTimestampMs),
                Math.max(maxTimestampMs, other.maxTimestampMs),
                Math.min(minIngestTimeMs, other.minIngestTimeMs),
                Math.max(maxIngestTimeMs, other.maxIngestTimeMs));
    }

    /// Whether any of these offsets lies in it.
    public boolean overlaps(Offsets offsets) {
        return Math.max(baseOffset, offsets.from()) < Math.min(endOffset, offsets.to());
    }
}
