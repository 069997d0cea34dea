package io.annals.archive;

import io.annals.registry.RecordSegment;
import io.annals.wal.FetchedBatches;
import io.annals.wal.SegmentTransactions;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;

/// Reads archived record batches by offset and by time. Thread-safe; reads block on the object
/// store.
public interface RecordSegments {

    /// Whole batches of one partition, the first of which contains `offset` or starts above it
    /// (gap); at least one batch, then as many as fit into `maxBytes`, up to the end of the
    /// segment. Reads only the chunks it needs.
    FetchedBatches read(RecordSegment segment, int partition, long offset, int maxBytes)
            throws IOException;

    /// Whoever read a segment up to `offset` goes on in another one when it ends. If they read in
    /// order and the rest of this one is on its way, that one is opened and its first chunks are
    /// loaded in the background. Returns at once; failures are left to the read that meets them.
    ///
    /// @param next finds the segment that holds an offset
    void readOn(
            RecordSegment segment,
            int partition,
            long offset,
            LongFunction<Optional<RecordSegment>> next);

    /// What the segment tells of the transactions of one partition. Reads nothing if the segment
    /// has nothing to tell and is open already.
    SegmentTransactions transactions(RecordSegment segment, int partition) throws IOException;

    /// The first record at or above `fromOffset` with a timestamp of at least `timestampMs`.
    Optional<TimestampOffset> offsetForTimestamp(
            RecordSegment segment, int partition, long timestampMs, long fromOffset)
            throws IOException;

    /// The record with the largest timestamp in the segment's partition (the first of several).
    Optional<TimestampOffset> maxTimestamp(RecordSegment segment, int partition) throws IOException;

    /// Base offset of the first batch with an ingest time after `ingestTimeMs`, empty if there is
    /// none.
    OptionalLong endOffsetForIngestTime(RecordSegment segment, int partition, long ingestTimeMs)
            throws IOException;
}
