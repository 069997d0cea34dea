package io.annals.wal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What readers see of one partition at one moment: runs of batches in offset order, between a
/// start and an end. Answers by offset, event time and ingest time.
///
/// A segment may be released meanwhile: then the caller takes a new view and asks again.
///
/// @param runs not empty unless `startOffset` is `endOffset`
/// @param startOffset nothing below is visible (a batch may begin below it)
/// @param stableOffset every transaction below is decided: the last stable offset
/// @param endOffset nothing at or above is visible: the high watermark
@SuppressWarnings("ArrayRecordComponent")
record HotView(HotRun[] runs, long startOffset, long stableOffset, long endOffset) {
    /// Bound for the records of one batch when a lookup by time must decode it.
    private static final int MAX_DECODED_BYTES = 512 * 1024 * 1024;

    /// Reads below the last stable offset, and tells which transactions were aborted.
    Optional<FetchedBatches> readCommitted(long offset, int maxBytes) throws ReleasedException {
        Optional<MappedBatches> found = read(offset, maxBytes, stableOffset);
        found.ifPresent(batches ->
                batches.setAbortedTransactions(abortedTransactions(offset, batches.nextOffset())));
        return found.map(batches -> batches);
    }

    /// The aborted transactions that have an offset in `[fromOffset, toOffset)`.
    ///
    /// A run that ends with all of them decided is the last that can tell of one.
    List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        List<AbortedTransaction> found = new ArrayList<>();
        for (HotRun run : runs) {
            RunTransactions of = run.index().transactions();
            if (of != null) {
                of.forEachAborted(fromOffset, toOffset, found::add);
            }
            boolean ended = run.segment() != runs[runs.length - 1].segment();
            if (ended && run.index().stableEndOffset() >= toOffset) {
                break;
            }
        }
        return found;
    }

    /// @param readableEnd nothing at or above is read; the end of the view, or below
    Optional<MappedBatches> read(long offset, int maxBytes, long readableEnd)
            throws ReleasedException {
        if (offset < startOffset || offset > endOffset) {
            return Optional.empty();
        }
        MappedBatches found = new MappedBatches(offset);
        for (int i = floor(offset); i < runs.length && offset < readableEnd; i++) {
            if (runs[i].index().endOffset() <= offset) {
                continue;
            }
            if (!runs[i].segment().acquire()) {
                if (!found.batches().isEmpty()) {
                    break;
                }
                found.close();
                throw new ReleasedException();
            }
            found.pin(runs[i].segment());
            if (!collect(runs[i], offset, maxBytes, readableEnd, found)) {
                break;
            }
        }
        return Optional.of(found);
    }

    /// @return false if no more fits
    private boolean collect(
            HotRun run, long offset, int maxBytes, long readableEnd, MappedBatches found) {
        BatchIndex index = run.index();
        int count = index.countBelow(readableEnd);
        for (int i = Math.max(index.floor(offset, count), 0); i < count; i++) {
            int frame = index.frame(i);
            if (FrameFormat.endOffset(run.segment().mapped(), frame) <= offset) {
                continue;
            }
            int size = FrameFormat.batchLength(run.segment().mapped(), frame);
            if (!found.batches().isEmpty() && size > maxBytes - found.sizeBytes()) {
                return false;
            }
            found.add(run.segment(), frame);
        }
        return true;
    }

    /// The last run that begins at or below `offset`, the first run if none does.
    private int floor(long offset) {
        int low = 0;
        int high = runs.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (runs[middle].index().baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /// The first record with an event time of at least `timestampMs`.
    Optional<TimestampOffset> firstAtLeast(long timestampMs) throws ReleasedException {
        for (HotRun run : runs) {
            BatchIndex index = run.index();
            if (index.maxTimestampMs() < timestampMs || index.endOffset() <= startOffset) {
                continue;
            }
            acquire(run);
            try {
                Optional<TimestampOffset> record = firstAtLeast(run, timestampMs);
                if (record.isPresent()) {
                    return record;
                }
            } finally {
                run.segment().release();
            }
        }
        return Optional.empty();
    }

    private Optional<TimestampOffset> firstAtLeast(HotRun run, long timestampMs) {
        BatchIndex index = run.index();
        int count = index.countBelow(endOffset);
        int candidate = index.firstCandidate(timestampMs, count);
        for (int i = Math.max(candidate, index.floor(startOffset, count)); i < count; i++) {
            Optional<TimestampOffset> record =
                    TimestampSearch.firstAtLeast(
                            run.segment().batch(index.frame(i)),
                            timestampMs,
                            startOffset,
                            MAX_DECODED_BYTES);
            if (record.isPresent()) {
                return record;
            }
        }
        return Optional.empty();
    }

    /// The record with the largest event time, the first of several.
    Optional<TimestampOffset> maxTimestamp() throws ReleasedException {
        Optional<TimestampOffset> best = Optional.empty();
        for (HotRun run : runs) {
            BatchIndex index = run.index();
            boolean larger = best.isEmpty() || index.maxTimestampMs() > best.get().timestampMs();
            if (!larger || index.endOffset() <= startOffset) {
                continue;
            }
            acquire(run);
            try {
                best = larger(best, maxTimestamp(run));
            } finally {
                run.segment().release();
            }
        }
        return best;
    }

    /// Decodes at most two batches: the one that holds the start offset, and the one with the
    /// largest time of those behind it.
    private Optional<TimestampOffset> maxTimestamp(HotRun run) {
        BatchIndex index = run.index();
        int count = index.countBelow(endOffset);
        int first = Math.max(index.floor(startOffset, count), 0);
        boolean cut = first < count && index.batchOffset(first) < startOffset;
        int from =
                cut
                        ? first + 1
                        : Math.max(first, index.firstCandidate(index.maxTimestampMs(), count));
        int largest = -1;
        long largestMs = Long.MIN_VALUE;
        for (int i = from; i < count; i++) {
            long ms = FrameFormat.batch(run.segment().mapped(), index.frame(i)).maxTimestampMs();
            if (largest < 0 || ms > largestMs) {
                largest = i;
                largestMs = ms;
            }
        }
        Optional<TimestampOffset> best = cut ? maxTimestamp(run, first) : Optional.empty();
        return largest < 0 ? best : larger(best, maxTimestamp(run, largest));
    }

    private Optional<TimestampOffset> maxTimestamp(HotRun run, int batch) {
        return TimestampSearch.max(
                run.segment().batch(run.index().frame(batch)), startOffset, MAX_DECODED_BYTES);
    }

    private static Optional<TimestampOffset> larger(
            Optional<TimestampOffset> first, Optional<TimestampOffset> second) {
        boolean secondIsLarger =
                second.isPresent()
                        && (first.isEmpty()
                                || second.get().timestampMs() > first.get().timestampMs());
        return secondIsLarger ? second : first;
    }

    /// The base offset of the first batch that was appended after `ingestTimeMs`.
    OptionalLong firstAfter(long ingestTimeMs) throws ReleasedException {
        for (HotRun run : runs) {
            acquire(run);
            try {
                int count = run.index().countBelow(endOffset);
                int batch = firstAfter(run, ingestTimeMs, count);
                if (batch < count) {
                    long offset = run.index().batchOffset(batch);
                    return OptionalLong.of(Math.max(offset, startOffset));
                }
            } finally {
                run.segment().release();
            }
        }
        return OptionalLong.empty();
    }

    /// Ingest times never decrease within a shard.
    private static int firstAfter(HotRun run, long ingestTimeMs, int count) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int frame = run.index().frame(middle);
            if (FrameFormat.ingestTimeMs(run.segment().mapped(), frame) > ingestTimeMs) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private static void acquire(HotRun run) throws ReleasedException {
        if (!run.segment().acquire()) {
            throw new ReleasedException();
        }
    }

    /// The view is out of date: one of its segments is gone.
    static final class ReleasedException extends Exception {
        private static final long serialVersionUID = 1;

        ReleasedException() {
            super("a segment was released", null, false, false);
        }
    }

    /// One of the lookups above.
    @FunctionalInterface
    interface Question<T> {
        T ask(HotView view) throws ReleasedException;
    }
}
