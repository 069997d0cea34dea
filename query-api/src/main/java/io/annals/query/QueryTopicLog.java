package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.SearchableView;
import io.annals.indexer.SplitReaders;
import io.annals.registry.Registry;
import io.annals.registry.TopicMetadata;
import io.annals.wal.FetchedBatches;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.search.Query;

/// The logs of queries: what each finds, in the order of offsets, under the offsets that the
/// records have in their source (ADR 0053). Offsets that do not match are gaps, as after
/// compaction.
///
/// Nothing is kept but the offsets found last, which are sought a good number at a time: they never
/// change, since only what lies below the last stable offset is searched. A log ends where its
/// source does (at the last stable offset), or where the query was opened; what is not indexed yet
/// is waited for, what cannot be searched is an error, and neither makes a log shorter (QUERY-1).
///
/// Thread-safe. What throws [IOException] blocks: virtual threads only.
public final class QueryTopicLog implements FetchSource {
    /// Matches sought at a time; the more, the seldomer an index is gone through.
    private static final int MATCHES_PER_RUN = 16_384;

    /// Remembered runs, over all queries: together at most 32 MiB.
    private static final int MAX_RUNS = 256;

    private static final int MAX_RECORDS = 4_096;

    /// Records read at a time, so that little is read in vain when the batch is full.
    private static final int RECORDS_PER_READ = 64;

    private static final Duration INDEXING_TIMEOUT = Duration.ofSeconds(20);
    private static final int LEADER_EPOCH = 0;

    private final QueryTopics queries;
    private final Registry registry;
    private final LiveIndex live;
    private final TieredLog log;
    private final HighWatermarkWaiters waiters;
    private final MatchSearch search;
    private final Map<TopicIdPartition, MatchRun> runs =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<TopicIdPartition, MatchRun> eldest) {
                    return size() > MAX_RUNS;
                }
            };

    /// @param waiters hears the log's last stable offsets
    public QueryTopicLog(
            QueryTopics queries,
            Registry registry,
            LiveIndex live,
            SplitReaders splits,
            TieredLog log,
            FieldQueries fields,
            HighWatermarkWaiters waiters) {
        this.queries = queries;
        this.registry = registry;
        this.live = live;
        this.log = log;
        this.waiters = waiters;
        this.search = new MatchSearch(registry, live, splits, log, fields);
    }

    /// One partition of an open query.
    private record Part(QueryTopic topic, QueryTopic.Source source, Query query) {

        TopicIdPartition partition() {
            return source.partition();
        }
    }

    private Optional<Part> part(TopicIdPartition partition) {
        return queries.use(partition.topicId())
                .filter(open ->
                        partition.partition() >= 0
                                && partition.partition() < open.topic().sources().size())
                .map(open ->
                        new Part(
                                open.topic(),
                                open.topic().sources().get(partition.partition()),
                                open.query()));
    }

    /// Whether it belongs to a query, open or closed.
    boolean serves(TopicIdPartition partition) {
        return partition.topic().startsWith(QueryTopic.NAME_PREFIX);
    }

    Optional<TopicMetadata> topic(String name) {
        return queries.metadata(name);
    }

    Optional<TopicMetadata> topic(Uuid id) {
        return queries.metadata(id);
    }

    @Override
    public Optional<PartitionBounds> bounds(TopicIdPartition partition) {
        return part(partition).flatMap(this::bounds);
    }

    private Optional<PartitionBounds> bounds(Part part) {
        return log.bounds(part.partition())
                .map(source -> {
                    long end = Math.min(source.lastStableOffset(), part.source().endOffset());
                    long start = Math.min(source.logStartOffset(), end);
                    return new PartitionBounds(start, start, end, end, LEADER_EPOCH);
                });
    }

    @Override
    public Optional<LogRead> readHot(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation) {
        Optional<Part> part = part(partition);
        Optional<PartitionBounds> bounds = part.flatMap(this::bounds);
        if (part.isEmpty() || bounds.isEmpty()) {
            return Optional.of(new LogRead.UnknownPartition());
        }
        if (isOutside(offset, bounds.get())) {
            return Optional.of(new LogRead.OutOfRange(bounds.get()));
        }
        return searchableEnd(part.get().partition()) <= offset
                ? Optional.of(new LogRead.Found(MatchBatch.nothing(offset), bounds.get()))
                : Optional.empty();
    }

    private static boolean isOutside(long offset, PartitionBounds bounds) {
        return offset < bounds.logStartOffset() || offset > bounds.highWatermark();
    }

    /// The live index first and the registry after it, see [LiveIndex].
    private long searchableEnd(TopicIdPartition source) {
        long hot = 0;
        Optional<SearchableView> leased = live.acquire(source.topicId());
        if (leased.isPresent()) {
            try (SearchableView view = leased.get()) {
                SearchableView.OffsetRange range = view.ranges().get(source.partition());
                hot = range == null ? 0 : range.to();
            }
        }
        return Math.max(
                hot, registry.snapshot().archivedEndOffset(source.topicId(), source.partition()));
    }

    /// The isolation level makes no difference: there are only committed records.
    @Override
    public LogRead read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation)
            throws IOException {
        Optional<LogRead> early = readHot(partition, offset, maxBytes, isolation);
        if (early.isPresent()) {
            return early.get();
        }
        Part part = part(partition).orElseThrow(() -> closed(partition));
        PartitionBounds bounds = bounds(part).orElseThrow(() -> closed(partition));
        if (offset >= bounds.highWatermark()) {
            return new LogRead.Found(MatchBatch.nothing(offset), bounds);
        }
        return new LogRead.Found(
                load(part, run(partition, part, offset, bounds), offset, maxBytes), bounds);
    }

    private static IOException closed(TopicIdPartition partition) {
        return new IOException("%s was closed meanwhile".formatted(partition));
    }

    private MatchRun run(TopicIdPartition partition, Part part, long offset, PartitionBounds bounds)
            throws IOException {
        synchronized (runs) {
            MatchRun known = runs.get(partition);
            if (known != null && known.covers(offset)) {
                return known;
            }
        }
        MatchRun found =
                search.first(question(part, offset, bounds.highWatermark()), MATCHES_PER_RUN);
        synchronized (runs) {
            runs.put(partition, found);
        }
        return found;
    }

    private static MatchSearch.Question question(Part part, long from, long end) {
        return new MatchSearch.Question(
                part.partition(),
                part.topic().request(part.source()),
                part.query(),
                part.topic().constraints(),
                from,
                end);
    }

    private FetchedBatches load(Part part, MatchRun run, long offset, int maxBytes)
            throws IOException {
        if (!run.covers(offset)) {
            return MatchBatch.nothing(offset);
        }
        long end = Math.min(run.to(), MatchBatch.endOfReach(offset));
        long[] offsets =
                Arrays.stream(run.startingAt(offset))
                        .takeWhile(match -> match < end)
                        .limit(MAX_RECORDS + 1L)
                        .toArray();
        MatchBatch batch = new MatchBatch(part.partition(), offset, maxBytes);
        int records = Math.min(offsets.length, MAX_RECORDS);
        for (int i = 0; i < records; i += RECORDS_PER_READ) {
            long[] some = Arrays.copyOfRange(offsets, i, Math.min(i + RECORDS_PER_READ, records));
            for (LogRecord record : records(part.partition(), some)) {
                if (!batch.add(record)) {
                    return batch.until(record.offset());
                }
            }
        }
        return batch.until(records < offsets.length ? offsets[records] : end);
    }

    private List<LogRecord> records(TopicIdPartition source, long[] offsets) throws IOException {
        try {
            NavigableSet<Long> wanted = new TreeSet<>();
            Arrays.stream(offsets).forEach(wanted::add);
            List<LogRecord> records = log.records(source, wanted);
            if (records.size() == offsets.length) {
                return records;
            }
        } catch (OffsetOutOfRangeException deleted) {
            forget(source);
            throw new IOException("deleted while it was read", deleted);
        }
        forget(source);
        throw new IOException(
                "an index knows records of %s among %d to %d that the log does not hold"
                        .formatted(source, offsets[0], offsets[offsets.length - 1]));
    }

    /// Compacted or deleted records must be found no more.
    private void forget(TopicIdPartition source) {
        synchronized (runs) {
            runs.keySet()
                    .removeIf(partition ->
                            part(partition)
                                    .filter(part -> !part.partition().equals(source))
                                    .isEmpty());
        }
    }

    /// The first record that matches with an event time of at least `timestampMs`, empty if there
    /// is none.
    Optional<TimestampOffset> offsetForTimestamp(TopicIdPartition partition, long timestampMs)
            throws IOException {
        Part part = part(partition).orElseThrow(() -> closed(partition));
        PartitionBounds bounds = bounds(part).orElseThrow(() -> closed(partition));
        awaitSearchable(part, bounds.highWatermark());
        long end = bounds.highWatermark();
        for (long from = bounds.logStartOffset(); from < end; ) {
            MatchRun run = search.first(question(part, from, end).sinceTimestamp(timestampMs), 1);
            if (run.offsets().length > 0) {
                LogRecord record = records(part.partition(), run.offsets()).getFirst();
                return Optional.of(
                        new TimestampOffset(record.timestampMs(), record.offset(), LEADER_EPOCH));
            }
            if (run.to() == from) {
                throw new IOException("not searchable from %d on".formatted(from));
            }
            from = run.to();
        }
        return Optional.empty();
    }

    /// The matching record with the largest event time, empty if none matches.
    Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) throws IOException {
        Part part = part(partition).orElseThrow(() -> closed(partition));
        PartitionBounds bounds = bounds(part).orElseThrow(() -> closed(partition));
        awaitSearchable(part, bounds.highWatermark());
        return search.newest(question(part, bounds.logStartOffset(), bounds.highWatermark()))
                .map(key -> new TimestampOffset(key.timestampMs(), key.offset(), LEADER_EPOCH));
    }

    private void awaitSearchable(Part part, long end) throws IOException {
        try {
            boolean searchable =
                    live.awaitSearchable(part.partition(), end, INDEXING_TIMEOUT)
                            .get(2 * INDEXING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (searchable) {
                return;
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("%s cannot be searched".formatted(part.partition()), e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        throw new IOException(
                "%s is not searchable up to %d within %s"
                        .formatted(part.partition(), end, INDEXING_TIMEOUT));
    }

    /// Calls `wake` when there may be more to read than there was at these offsets, until the
    /// subscription is closed. On any thread, possibly often: must return at once.
    Subscription subscribe(Map<TopicIdPartition, Long> offsets, Duration timeout, Runnable wake) {
        List<TopicIdPartition> sources = new ArrayList<>();
        List<CompletableFuture<Boolean>> indexing = new ArrayList<>();
        offsets.forEach((partition, offset) ->
                part(partition)
                        .ifPresent(part -> {
                            sources.add(part.partition());
                            indexing.add(
                                    live.awaitSearchable(part.partition(), offset + 1, timeout));
                        }));
        waiters.register(sources, IsolationLevel.READ_COMMITTED, wake);
        indexing.forEach(done -> done.thenRun(wake));
        return () -> {
            waiters.forget(sources, IsolationLevel.READ_COMMITTED, wake);
            indexing.forEach(done -> done.cancel(false));
        };
    }

    /// Ends with [#close], which may be called once.
    @FunctionalInterface
    interface Subscription {
        Subscription NONE = () -> {};

        void close();
    }
}
