package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.RecordSegments;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.FetchedBatches;
import io.annals.wal.PartitionState;
import io.annals.wal.TimestampOffset;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/// One log per partition over both tiers; where the border lies cannot be seen from outside.
///
/// The border moves while we read: a WAL segment is archived first (one registry generation) and
/// let go afterwards, so at every moment each offset is in at least one tier. A read that looks at
/// the hot tier *first* and at the registry *after* it therefore finds every offset, unless the
/// registry moved on in between; then it looks again ([#attempt] decides). An archived range that
/// cannot be read is an error, never a shorter log (FRONT-1).
///
/// Thread-safe. Methods that throw [IOException] may block on the object store: call them from
/// virtual threads, at most `archiveReads` of them read at a time.
public final class TieredLog implements FetchSource {
    /// Each retry needs a border that moved in between; this often in one read means damage.
    private static final int ATTEMPTS = 8;

    private final WriteAheadLog wal;
    private final Registry registry;
    private final RecordSegments segments;
    private final Semaphore archiveReads;
    private final TieredTimes times;
    private final TieredTransactions transactions;
    private final RecordScan scan;

    /// @param archiveReads bound of concurrent reads from the archive
    /// @param maxBatchBytes bound of one batch's records when decompressed
    public TieredLog(
            WriteAheadLog wal,
            Registry registry,
            RecordSegments segments,
            int archiveReads,
            int maxBatchBytes) {
        this.wal = wal;
        this.registry = registry;
        this.segments = segments;
        this.archiveReads = new Semaphore(archiveReads);
        this.times = new TieredTimes(this, wal, registry, segments);
        this.transactions = new TieredTransactions(wal, registry, segments);
        this.scan = new RecordScan(this, maxBatchBytes);
    }

    /// Where the partition can be read, empty if there is no such partition. Does not block.
    @Override
    public Optional<PartitionBounds> bounds(TopicIdPartition partition) {
        Optional<PartitionState> hot = wal.partition(partition); // before the registry, see above
        return bounds(partition, hot, registry.snapshot());
    }

    /// Whole batches, the first of which contains `offset` (or is the first after a gap), from the
    /// hot tier. Does not block.
    ///
    /// @return empty if the archive must be asked: then use [#read]
    @Override
    public Optional<LogRead> readHot(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation) {
        Optional<PartitionState> hot = wal.partition(partition);
        Optional<PartitionBounds> known = bounds(partition, hot, registry.snapshot());
        if (known.isEmpty()) {
            return Optional.of(new LogRead.UnknownPartition());
        }
        PartitionBounds bounds = known.get();
        if (offset < bounds.logStartOffset() || offset > bounds.highWatermark()) {
            return Optional.of(new LogRead.OutOfRange(bounds));
        }
        return offset < bounds.localLogStartOffset()
                ? Optional.empty()
                : wal.read(partition, offset, maxBytes, isolation)
                        .map(batches -> new LogRead.Found(batches, bounds));
    }

    /// Whole batches, the first of which contains `offset` (or is the first after a gap): at least
    /// one however large, then as many as fit into `maxBytes`, all from the tier and archive object
    /// the first one lies in. Read on at [FetchedBatches#nextOffset].
    ///
    /// @throws IOException if the archive cannot be read; also for an offset in range that is in
    ///   neither tier
    public LogRead read(TopicIdPartition partition, long offset, int maxBytes) throws IOException {
        return read(partition, offset, maxBytes, IsolationLevel.READ_UNCOMMITTED);
    }

    /// As above; with [IsolationLevel#READ_COMMITTED] only what lies below the last stable offset,
    /// and with the aborted transactions among it.
    @Override
    public LogRead read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            Optional<LogRead> hot = readHot(partition, offset, maxBytes, isolation);
            if (hot.isPresent()) {
                return hot.get();
            }
            Optional<LogRead.Found> archived = readArchived(partition, offset, maxBytes, attempt);
            if (archived.isPresent()) {
                return isolation == IsolationLevel.READ_COMMITTED
                        ? bounded(() -> transactions.committed(partition, offset, archived.get()))
                        : archived.get();
            }
        }
    }

    /// As [#read], but what is in both tiers comes out of the archive if the hot tier holds more
    /// than `hotBytes` of the partition: of a compacted topic the hot tier has the whole history,
    /// the archive what compaction left. If the archive cannot be read, the hot tier is.
    ///
    /// @throws IOException as [#read] does
    public LogRead readCompacted(
            TopicIdPartition partition, long offset, int maxBytes, long hotBytes)
            throws IOException {
        boolean isArchived =
                offset
                        < registry.snapshot()
                                .archivedEndOffset(partition.topicId(), partition.partition());
        if (isArchived && wal.sizeBytes(partition) > hotBytes) {
            try {
                Optional<LogRead.Found> found = readArchived(partition, offset, maxBytes, 1);
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (IOException unreadable) {
                return readHot(partition, offset, maxBytes, IsolationLevel.READ_UNCOMMITTED)
                        .orElseThrow(() -> unreadable);
            }
        }
        return read(partition, offset, maxBytes);
    }

    /// Empty if the border may have moved: look again.
    private Optional<LogRead.Found> readArchived(
            TopicIdPartition partition, long offset, int maxBytes, int attempt) throws IOException {
        RegistrySnapshot snapshot = registry.snapshot();
        Optional<RecordSegment> segment =
                snapshot.segmentFor(partition.topicId(), partition.partition(), offset);
        Optional<PartitionBounds> bounds = bounds(partition);
        if (segment.isEmpty() || bounds.isEmpty()) {
            requireAttempt(attempt, partition, offset, null);
            return Optional.empty();
        }
        try {
            FetchedBatches batches =
                    bounded(() ->
                            segments.read(segment.get(), partition.partition(), offset, maxBytes));
            segments.readOn(
                    segment.get(),
                    partition.partition(),
                    batches.nextOffset(),
                    end -> snapshot.segmentFor(partition.topicId(), partition.partition(), end));
            return Optional.of(new LogRead.Found(batches, bounds.get()));
        } catch (NoSuchObjectException missing) {
            if (!NewerGeneration.isThere(registry, snapshot.generation(), missing)
                    || registry.snapshot().segment(segment.get().id()).isPresent()) {
                throw missing;
            }
            requireAttempt(attempt, partition, offset, missing); // replaced while we looked
            return Optional.empty();
        }
    }

    @FunctionalInterface
    private interface ArchiveRead<T> {
        T run() throws IOException;
    }

    private <T> T bounded(ArchiveRead<T> read) throws IOException {
        archiveReads.acquireUninterruptibly();
        try {
            return read.run();
        } finally {
            archiveReads.release();
        }
    }

    private static void requireAttempt(
            int attempt, TopicIdPartition partition, long offset, @Nullable Throwable cause)
            throws IOException {
        if (attempt >= ATTEMPTS) {
            throw new IOException(
                    "offset %d of %s is in neither tier".formatted(offset, partition), cause);
        }
    }

    private static Optional<PartitionBounds> bounds(
            TopicIdPartition partition, Optional<PartitionState> hot, RegistrySnapshot snapshot) {
        Optional<TopicMetadata> topic = snapshot.topic(partition.topicId());
        int index = partition.partition();
        if (topic.isEmpty() || index < 0 || index >= topic.get().partitionCount()) {
            return Optional.empty();
        }
        long archivedEnd = snapshot.archivedEndOffset(partition.topicId(), index);
        PartitionState state =
                hot.orElse(
                        new PartitionState(
                                archivedEnd, archivedEnd, archivedEnd, archivedEnd, -1, 0));
        long firstKept =
                snapshot.archivedStartOffset(partition.topicId(), index)
                        .map(archived -> Math.min(archived, state.localLogStartOffset()))
                        .orElse(state.localLogStartOffset());
        long logStartOffset = Math.max(topic.get().logStartOffsets().get(index), firstKept);
        return Optional.of(
                new PartitionBounds(
                        Math.min(logStartOffset, state.highWatermark()),
                        state.localLogStartOffset(),
                        state.highWatermark(),
                        Math.max(
                                state.lastStableOffset(),
                                Math.min(logStartOffset, state.highWatermark())),
                        state.leaderEpoch()));
    }

    /// The first record with an event time of at least `timestampMs`, empty if there is none.
    public Optional<TimestampOffset> offsetForTimestamp(
            TopicIdPartition partition, long timestampMs) throws IOException {
        return bounded(() -> times.offsetForTimestamp(partition, timestampMs));
    }

    /// The record with the largest event time, the first of several; empty if there is no record.
    public Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) throws IOException {
        return bounded(() -> times.maxTimestamp(partition));
    }

    /// The end of what was appended at or before `ingestTimeMs`: every offset below it was, none at
    /// or above it. The high watermark if nothing later was appended.
    ///
    /// @return empty if there is no such partition
    public OptionalLong endOffsetForIngestTime(TopicIdPartition partition, long ingestTimeMs)
            throws IOException {
        return bounded(() -> times.endOffsetForIngestTime(partition, ingestTimeMs));
    }

    /// The aborted transactions of a partition that have an offset in `[fromOffset, toOffset)`.
    ///
    /// @param toOffset at most a last stable offset that was seen before
    List<AbortedTransaction> abortedTransactions(
            TopicIdPartition partition, long fromOffset, long toOffset) throws IOException {
        return bounded(() -> transactions.aborted(partition, fromOffset, toOffset));
    }

    /// Whether the state of that time can still be told.
    ///
    /// @throws CompactedHistoryException if not
    void requireUncompacted(TopicIdPartition partition, long asOfMs) {
        long compactedToMs =
                registry.snapshot().compactedToMs(partition.topicId(), partition.partition());
        if (asOfMs < compactedToMs) {
            throw new CompactedHistoryException(partition, asOfMs, compactedToMs);
        }
    }

    /// Decoded records, as far as the query's bounds allow. Read on at [RecordPage#nextOffset].
    ///
    /// @throws CompactedHistoryException if it asks for a time before a compaction
    /// @throws OffsetOutOfRangeException if the first offset is out of range
    public RecordPage records(TopicIdPartition partition, RecordQuery query) throws IOException {
        return scan.records(partition, query);
    }

    /// The records at these offsets, in offset order; each batch is decoded once.
    ///
    /// @throws OffsetOutOfRangeException if one of them is out of range
    public List<LogRecord> records(TopicIdPartition partition, SortedSet<Long> offsets)
            throws IOException {
        return scan.records(partition, offsets);
    }

    /// The record at this offset, empty if it is out of range or in a gap.
    public Optional<LogRecord> record(TopicIdPartition partition, long offset) throws IOException {
        return scan.record(partition, offset);
    }
}
