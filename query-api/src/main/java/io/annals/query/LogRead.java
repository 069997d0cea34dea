package io.annals.query;

import io.annals.wal.FetchedBatches;

/// What became of a read. A value, not an exception: callers map it to their protocol's errors.
public sealed interface LogRead {

    /// @param batches to be closed by the caller; empty if the offset is the high watermark
    record Found(FetchedBatches batches, PartitionBounds bounds) implements LogRead {}

    /// The offset is deleted, disposed of, or not written yet.
    record OutOfRange(PartitionBounds bounds) implements LogRead {}

    /// No such topic or partition.
    record UnknownPartition() implements LogRead {}
}
