package io.annals.wal;

/// Offsets of one partition as the hot tier sees them.
///
/// @param localLogStartOffset first offset that is still in the hot tier (equals the high watermark
///   if none is)
/// @param highWatermark first offset that is not yet durable; nothing at or above it may be shown
/// @param lastStableOffset first offset of the oldest open transaction, the high watermark if there
///   is none: below it every transaction is decided
/// @param logEndOffset next offset to be assigned
/// @param lastIngestTimeMs ingest time of the newest batch, -1 if there is none
/// @param leaderEpoch epoch that appends are stamped with
public record PartitionState(
        long localLogStartOffset,
        long highWatermark,
        long lastStableOffset,
        long logEndOffset,
        long lastIngestTimeMs,
        int leaderEpoch) {}
