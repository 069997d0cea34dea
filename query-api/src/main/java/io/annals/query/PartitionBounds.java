package io.annals.query;

/// Offsets between which a partition can be read.
///
/// @param logStartOffset first offset that is neither deleted nor disposed of, in either tier
/// @param localLogStartOffset first offset of the hot tier
/// @param highWatermark first offset that may not be read yet
/// @param leaderEpoch epoch that new batches are stamped with
public record PartitionBounds(
        long logStartOffset, long localLogStartOffset, long highWatermark, int leaderEpoch) {}
