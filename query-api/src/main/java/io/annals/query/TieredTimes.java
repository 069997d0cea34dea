package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.RecordSegments;
import io.annals.registry.Offsets;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.wal.TimestampOffset;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.apache.kafka.common.TopicIdPartition;

/// Offsets by event time and by ingest time, over both tiers.
///
/// Every search asks the archive below the hot tier's start and the hot tier above it. If that
/// start moved while it searched, records may have slipped from one tier into the other behind its
/// back, and it searches again.
final class TieredTimes {
    private static final int ATTEMPTS = 8;

    private final TieredLog log;
    private final WriteAheadLog wal;
    private final Registry registry;
    private final RecordSegments segments;

    TieredTimes(TieredLog log, WriteAheadLog wal, Registry registry, RecordSegments segments) {
        this.log = log;
        this.wal = wal;
        this.registry = registry;
        this.segments = segments;
    }

    Optional<TimestampOffset> offsetForTimestamp(TopicIdPartition partition, long timestampMs)
            throws IOException {
        return settled(
                partition,
                (snapshot, bounds) -> {
                    Candidates candidates =
                            new Candidates(
                                    partition,
                                    bounds,
                                    from ->
                                            snapshot.segmentForTimestamp(
                                                    partition.topicId(),
                                                    partition.partition(),
                                                    from,
                                                    timestampMs));
                    for (var next = candidates.next(); next.isPresent(); next = candidates.next()) {
                        Optional<TimestampOffset> found =
                                segments.offsetForTimestamp(
                                        next.get(),
                                        partition.partition(),
                                        timestampMs,
                                        bounds.logStartOffset());
                        if (found.isPresent()
                                && found.get().offset() < bounds.localLogStartOffset()) {
                            return found;
                        }
                    }
                    return wal.offsetForTimestamp(partition, timestampMs);
                });
    }

    Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) throws IOException {
        return settled(
                partition,
                (snapshot, bounds) ->
                        larger(
                                archivedMax(snapshot, partition, bounds),
                                wal.maxTimestamp(partition)));
    }

    /// Asks the first segment that says that it has the largest time; all of them only if it has
    /// not: a producer's word for a batch that cannot be decoded may say too much.
    private Optional<TimestampOffset> archivedMax(
            RegistrySnapshot snapshot, TopicIdPartition partition, PartitionBounds bounds)
            throws IOException {
        Offsets archived = new Offsets(bounds.logStartOffset(), bounds.localLogStartOffset());
        OptionalLong largestMs =
                snapshot.maxTimestampMs(partition.topicId(), partition.partition(), archived);
        if (largestMs.isEmpty()) {
            return Optional.empty();
        }
        Optional<RecordSegment> first =
                snapshot.segmentForTimestamp(
                        partition.topicId(),
                        partition.partition(),
                        archived.from(),
                        largestMs.getAsLong());
        Optional<TimestampOffset> found =
                first.isEmpty()
                        ? Optional.empty()
                        : segments.maxTimestamp(first.get(), partition.partition());
        return found.filter(max -> max.timestampMs() >= largestMs.getAsLong()).isPresent()
                ? found
                : maxOfEach(snapshot, partition, bounds);
    }

    private Optional<TimestampOffset> maxOfEach(
            RegistrySnapshot snapshot, TopicIdPartition partition, PartitionBounds bounds)
            throws IOException {
        Optional<TimestampOffset> best = Optional.empty();
        for (RecordSegment segment : archived(snapshot, partition, bounds)) {
            PartitionRange range = range(segment, partition);
            boolean isBetter = best.isEmpty() || range.maxTimestampMs() > best.get().timestampMs();
            if (isBetter && range.endOffset() > bounds.logStartOffset()) {
                best = larger(best, segments.maxTimestamp(segment, partition.partition()));
            }
        }
        return best;
    }

    private static Optional<TimestampOffset> larger(
            Optional<TimestampOffset> earlier, Optional<TimestampOffset> later) {
        return later.isPresent()
                        && (earlier.isEmpty()
                                || later.get().timestampMs() > earlier.get().timestampMs())
                ? later
                : earlier;
    }

    OptionalLong endOffsetForIngestTime(TopicIdPartition partition, long ingestTimeMs)
            throws IOException {
        Optional<Long> end =
                settled(
                        partition,
                        (snapshot, bounds) -> {
                            Candidates candidates =
                                    new Candidates(
                                            partition,
                                            bounds,
                                            from ->
                                                    snapshot.segmentForIngestTime(
                                                            partition.topicId(),
                                                            partition.partition(),
                                                            from,
                                                            ingestTimeMs + 1));
                            for (var next = candidates.next();
                                    next.isPresent();
                                    next = candidates.next()) {
                                OptionalLong found =
                                        segments.endOffsetForIngestTime(
                                                next.get(), partition.partition(), ingestTimeMs);
                                if (found.isPresent()) {
                                    return Optional.of(
                                            Math.max(found.getAsLong(), bounds.logStartOffset()));
                                }
                            }
                            return Optional.of(
                                    wal.endOffsetForIngestTime(partition, ingestTimeMs)
                                            .orElse(bounds.highWatermark()));
                        });
        return end.isPresent() ? OptionalLong.of(end.get()) : OptionalLong.empty();
    }

    /// Archived segments below the hot tier that may have what is looked for, in order.
    private static final class Candidates {
        private final TopicIdPartition partition;
        private final PartitionBounds bounds;
        private final LongFunction<Optional<RecordSegment>> firstFrom;
        private long from;

        /// @param firstFrom the first one that holds an offset at or above the given one
        Candidates(
                TopicIdPartition partition,
                PartitionBounds bounds,
                LongFunction<Optional<RecordSegment>> firstFrom) {
            this.partition = partition;
            this.bounds = bounds;
            this.firstFrom = firstFrom;
            this.from = bounds.logStartOffset();
        }

        Optional<RecordSegment> next() {
            Optional<RecordSegment> found =
                    firstFrom
                            .apply(from)
                            .filter(segment ->
                                    range(segment, partition).baseOffset()
                                            < bounds.localLogStartOffset());
            found.ifPresent(segment -> from = range(segment, partition).endOffset());
            return found;
        }
    }

    @FunctionalInterface
    private interface Search<T> {
        Optional<T> run(RegistrySnapshot snapshot, PartitionBounds bounds) throws IOException;
    }

    /// Runs a search until the border between the tiers stood still meanwhile.
    private <T> Optional<T> settled(TopicIdPartition partition, Search<T> search)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            Optional<PartitionBounds> before = log.bounds(partition);
            if (before.isEmpty()) {
                return Optional.empty();
            }
            RegistrySnapshot snapshot = registry.snapshot();
            try {
                Optional<T> found = search.run(snapshot, before.get());
                if (attempt >= ATTEMPTS || isSettled(partition, before.get())) {
                    return found;
                }
            } catch (NoSuchObjectException missing) { // replaced while we looked, or really gone
                if (attempt >= ATTEMPTS
                        || !NewerGeneration.isThere(registry, snapshot.generation(), missing)) {
                    throw missing;
                }
            }
        }
    }

    private boolean isSettled(TopicIdPartition partition, PartitionBounds before) {
        return log.bounds(partition)
                .filter(after -> after.localLogStartOffset() == before.localLogStartOffset())
                .isPresent();
    }

    /// What must be asked of the archive: segments that begin below the hot tier.
    private static Iterable<RecordSegment> archived(
            RegistrySnapshot snapshot, TopicIdPartition partition, PartitionBounds bounds) {
        return snapshot.segments(partition.topicId(), partition.partition()).stream()
                .filter(segment ->
                        range(segment, partition).baseOffset() < bounds.localLogStartOffset())
                .toList();
    }

    private static PartitionRange range(RecordSegment segment, TopicIdPartition partition) {
        return segment.ranges().stream()
                .filter(range -> range.partition() == partition.partition())
                .findFirst()
                .orElseThrow(() ->
                        new IllegalStateException(
                                "segment %s is listed for %s but holds nothing of it"
                                        .formatted(segment.id(), partition)));
    }
}
