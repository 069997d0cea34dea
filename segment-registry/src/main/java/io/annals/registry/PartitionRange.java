package io.annals.registry;

/// What a record segment or index split holds of one partition.
///
/// @param baseOffset first offset, inclusive
/// @param endOffset offset after the last record
/// @param recordCount records, control records included
/// @param sizeBytes bytes of the batches as sent
/// @param minTimestampMs smallest event time
/// @param maxTimestampMs largest event time
/// @param minIngestTimeMs ingest time of the first batch
/// @param maxIngestTimeMs ingest time of the last batch
public record PartitionRange(
        int partition,
        long baseOffset,
        long endOffset,
        long recordCount,
        long sizeBytes,
        long minTimestampMs,
        long maxTimestampMs,
        long minIngestTimeMs,
        long maxIngestTimeMs) {

    /// Where it lies.
    public Extent extent() {
        return new Extent(
                partition,
                baseOffset,
                endOffset,
                minTimestampMs,
                maxTimestampMs,
                minIngestTimeMs,
                maxIngestTimeMs);
    }
}
