package io.annals.wal;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/// One partition in the hot tier: its offsets, and its runs of batches through the segments.
///
/// The shard's writer assigns offsets and publishes batches; any thread reads. What is published
/// lies in the indexes and below the high watermark; what is not cannot be seen.
final class HotPartition {
    static final int LEADER_EPOCH = 0;

    private static final HotRun[] NO_RUNS = {};

    private final PartitionKey key;
    private final int shard;
    private volatile TopicIdPartition id;
    private volatile boolean deleted;

    private volatile long logEndOffset;
    private volatile long highWatermark;

    /// What DeleteRecords or the archive says; the first run may begin above it.
    private volatile long logStartOffset;

    private volatile long lastIngestTimeMs = -1;

    /// Where the oldest open transaction begins. Set before the high watermark that shows it, and
    /// raised after the index has what was aborted.
    private volatile long firstUnstableOffset = Long.MAX_VALUE;

    private volatile HotRun[] runs = NO_RUNS;

    /// How many appends got offsets, and how many of them are published; the writer only.
    private long reservedCount;

    private long publishedCount;

    /// Those of the published batches; the writer only. Null if there are none.
    private @Nullable OpenTransactions transactions;

    HotPartition(TopicIdPartition id, int shard) {
        this.key = PartitionKey.of(id);
        this.id = id;
        this.shard = shard;
    }

    PartitionKey key() {
        return key;
    }

    TopicIdPartition id() {
        return id;
    }

    /// Files do not know the topic's name; who creates the partition again does.
    void rename(TopicIdPartition named) {
        id = named;
    }

    int shard() {
        return shard;
    }

    boolean deleted() {
        return deleted;
    }

    void delete() {
        deleted = true;
    }

    long logEndOffset() {
        return logEndOffset;
    }

    long highWatermark() {
        return highWatermark;
    }

    /// Below it every transaction is decided. Never below the log start.
    long lastStableOffset() {
        return lastStableOffset(highWatermark);
    }

    /// @param end the high watermark, read before: a transaction that it shows is known by now
    private long lastStableOffset(long end) {
        return Math.min(end, Math.max(firstUnstableOffset, logStartOffset));
    }

    long logStartOffset() {
        return logStartOffset;
    }

    long lastIngestTimeMs() {
        return lastIngestTimeMs;
    }

    PartitionState state() {
        HotView view = view();
        return new PartitionState(
                view.startOffset(),
                view.endOffset(),
                view.stableOffset(),
                Math.max(logEndOffset, view.endOffset()),
                lastIngestTimeMs,
                LEADER_EPOCH);
    }

    /// Sets the log start offset, never back and never beyond the high watermark.
    void deleteBefore(long offset) {
        logStartOffset = Math.max(logStartOffset, Math.min(offset, highWatermark));
    }

    // ---- the writer's side

    /// The archive holds everything below `offset`: the next append gets at least that.
    void startAt(long offset) {
        if (logEndOffset < offset) {
            logEndOffset = offset;
            logStartOffset = offset;
            highWatermark = offset;
            restore(null);
        }
    }

    /// Reserves offsets up to `endOffset` for an append that is about to be written.
    void reserve(long endOffset) {
        logEndOffset = endOffset;
        reservedCount++;
    }

    long reservedCount() {
        return reservedCount;
    }

    long publishedCount() {
        return publishedCount;
    }

    /// Makes one batch visible to lookups; [#advance] lets readers go there.
    void publish(WalSegment segment, int frame, BatchView batch) {
        HotRun[] r = runs;
        HotRun last = r.length == 0 ? null : r[r.length - 1];
        if (last == null
                || last.segment() != segment
                || !last.index().reaches(batch.baseOffset())) {
            last = new HotRun(segment, segment.startIndex(key, batch.baseOffset()));
            addRun(last);
        }
        last.index().add(frame, batch);
        apply(batch, last.index());
    }

    /// Brings the transactions forward by one batch, which `index` holds.
    void apply(BatchView batch, BatchIndex index) {
        if (!batch.isTransactional()) {
            return;
        }
        OpenTransactions open = transactions == null ? new OpenTransactions() : transactions;
        AbortedTransaction aborted = open.apply(batch);
        if (aborted != null) {
            index.add(aborted);
        }
        restore(open);
    }

    List<OpenTransaction> openTransactions() {
        OpenTransactions open = transactions;
        return open == null ? List.of() : open.list();
    }

    /// The append that ends at `endOffset` is published.
    void advance(long endOffset, long ingestTimeMs) {
        publishedCount++;
        lastIngestTimeMs = ingestTimeMs;
        highWatermark = endOffset;
    }

    // ---- recovery and release

    /// A checkpoint or a frame says that the partition went up to `endOffset`.
    void recovered(long endOffset, long ingestTimeMs) {
        logEndOffset = Math.max(logEndOffset, endOffset);
        highWatermark = logEndOffset;
        lastIngestTimeMs = Math.max(lastIngestTimeMs, ingestTimeMs);
    }

    /// These transactions are open.
    void restore(@Nullable OpenTransactions open) {
        transactions = open == null || open.isEmpty() ? null : open;
        firstUnstableOffset = open == null ? Long.MAX_VALUE : open.firstOffset();
    }

    synchronized void addRun(HotRun run) {
        HotRun[] longer = Arrays.copyOf(runs, runs.length + 1);
        longer[runs.length] = run;
        runs = longer;
    }

    synchronized void dropRuns(WalSegment segment) {
        runs = Arrays.stream(runs).filter(r -> r.segment() != segment).toArray(HotRun[]::new);
    }

    /// Closes the partition: nothing is found any more.
    synchronized void dropAllRuns() {
        runs = NO_RUNS;
    }

    boolean isEmpty() {
        return runs.length == 0;
    }

    // ---- the readers' side

    long sizeBytes() {
        long size = 0;
        for (HotRun run : runs) {
            size += run.index().sizeBytes();
        }
        return size;
    }

    Optional<FetchedBatches> read(long offset, int maxBytes, IsolationLevel isolation) {
        return answer(view ->
                isolation == IsolationLevel.READ_COMMITTED
                        ? view.readCommitted(offset, maxBytes)
                        : view.read(offset, maxBytes, view.endOffset()).map(found -> found));
    }

    /// The aborted transactions that have an offset in `[fromOffset, toOffset)`.
    List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return view().abortedTransactions(fromOffset, toOffset);
    }

    Optional<TimestampOffset> offsetForTimestamp(long timestampMs) {
        return answer(view -> view.firstAtLeast(timestampMs));
    }

    Optional<TimestampOffset> maxTimestamp() {
        return answer(HotView::maxTimestamp);
    }

    OptionalLong endOffsetForIngestTime(long ingestTimeMs) {
        return answer(view -> view.firstAfter(ingestTimeMs));
    }

    /// The ends are read before the runs: whatever lies below them is in those, and so is what was
    /// aborted.
    private HotView view() {
        long end = highWatermark;
        long stable = lastStableOffset(end);
        HotRun[] r = runs;
        long first = r.length == 0 ? end : Math.min(r[0].index().baseOffset(), end);
        return new HotView(r, Math.max(first, logStartOffset), stable, end);
    }

    private <T> T answer(HotView.Question<T> question) {
        while (true) {
            try {
                return question.ask(view());
            } catch (HotView.ReleasedException _) {
                // the partition dropped the segment before it was released: look again
            }
        }
    }
}
