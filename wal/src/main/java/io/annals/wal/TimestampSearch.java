package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.Optional;

/// Finds single records by time inside one batch, for both tiers. Decodes only if the batch header
/// does not tell. Stateless.
public final class TimestampSearch {
    private TimestampSearch() {}

    /// The first record at or above `fromOffset` with a timestamp of at least `timestampMs`.
    ///
    /// @param batch position to limit are one whole batch
    /// @param maxBytes bound for the uncompressed records
    /// @throws InvalidRecordsException if the records cannot be decoded within the bound
    public static Optional<TimestampOffset> firstAtLeast(
            ByteBuffer batch, long timestampMs, long fromOffset, int maxBytes) {
        BatchView view = BatchView.of(batch);
        if (view.maxTimestampMs() < timestampMs || view.lastOffset() < fromOffset) {
            return Optional.empty();
        }
        try (RecordReader records = new RecordReader(maxBytes)) {
            records.open(view);
            while (records.next()) {
                if (records.timestampMs() >= timestampMs && records.offset() >= fromOffset) {
                    return Optional.of(found(records, view));
                }
            }
        }
        return Optional.empty();
    }

    /// The record at or above `fromOffset` with the largest timestamp, the first of several; empty
    /// if the batch has none.
    ///
    /// @param batch position to limit are one whole batch
    /// @param maxBytes bound for the uncompressed records
    /// @throws InvalidRecordsException if the records cannot be decoded within the bound
    public static Optional<TimestampOffset> max(ByteBuffer batch, long fromOffset, int maxBytes) {
        BatchView view = BatchView.of(batch);
        Optional<TimestampOffset> best = Optional.empty();
        try (RecordReader records = new RecordReader(maxBytes)) {
            records.open(view);
            while (records.next()) {
                if (records.offset() >= fromOffset
                        && (best.isEmpty() || records.timestampMs() > best.get().timestampMs())) {
                    best = Optional.of(found(records, view));
                }
            }
        }
        return best;
    }

    private static TimestampOffset found(RecordReader records, BatchView view) {
        return new TimestampOffset(records.timestampMs(), records.offset(), view.leaderEpoch());
    }
}
