package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.RecordMapping;
import io.annals.indexer.SearchableView;
import io.annals.indexer.SplitReaders;
import io.annals.query.FanOut.Outcome;
import io.annals.registry.Registry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;

/// Finds the latest record of a key: per partition the one with the largest offset, of those the
/// one with the largest ingest time (then event time, then the smallest partition). Thread-safe;
/// calls block.
///
/// The answer is never a guess: it waits until all that exists is searchable, and refuses to answer
/// if an index that could hold a later record cannot be read.
public final class LatestValues implements AutoCloseable {
    /// Indexes searched at a time, those with the newest records first.
    private static final int WAVE = 16;

    /// Splits can be replaced while they are searched; this often in one search means damage.
    private static final int ATTEMPTS = 3;

    private final Registry registry;
    private final FieldQueries fields;
    private final TieredLog log;
    private final SearchPlanner planner;
    private final SearchFreshness freshness;
    private final FanOut fanOut;

    public LatestValues(
            Registry registry,
            LiveIndex live,
            SplitReaders splits,
            TieredLog log,
            FieldQueries fields) {
        this.registry = registry;
        this.fields = fields;
        this.log = log;
        this.planner = new SearchPlanner(registry, live, splits, log);
        this.freshness = new SearchFreshness(registry, live, log);
        this.fanOut = new FanOut(2 * WAVE);
    }

    /// @param record its value is null if the key was deleted (a tombstone)
    public record Latest(String topic, int partition, LogRecord record) {}

    /// @param topic one name
    /// @param asOfMs ignores everything appended after this ingest time
    /// @return empty if no record has this key
    public Optional<Latest> latest(String topic, byte[] key, OptionalLong asOfMs, Duration timeout)
            throws RefusedException, IOException {
        return latest(topic, key, asOfMs, IsolationLevel.READ_COMMITTED, timeout);
    }

    /// As above; with [IsolationLevel#READ_UNCOMMITTED] also of open and aborted transactions.
    public Optional<Latest> latest(
            String topic,
            byte[] key,
            OptionalLong asOfMs,
            IsolationLevel isolation,
            Duration timeout)
            throws RefusedException, IOException {
        Deadline deadline = Deadline.after(timeout);
        SearchRequest request =
                SearchRequest.builder(topic)
                        .requireComplete(true)
                        .isolation(isolation)
                        .timeout(timeout)
                        .build();
        for (int attempt = 1; ; attempt++) {
            long seen = registry.snapshot().generation();
            try {
                return latest(request, key, asOfMs, deadline);
            } catch (GoneException gone) {
                if (attempt == ATTEMPTS || !NewerGeneration.isThere(registry, seen, gone.missing)) {
                    throw RefusedException.incomplete(gone.holes);
                }
            }
        }
    }

    private Optional<Latest> latest(
            SearchRequest request, byte[] key, OptionalLong asOfMs, Deadline deadline)
            throws RefusedException, IOException, GoneException {
        String topic = request.topics().getFirst();
        Uuid topicId = TopicSelector.topic(registry.snapshot(), topic).id(); // no list, no pattern
        Map<TopicIdPartition, Long> ends = freshness.await(request, deadline);
        requireUncompacted(topicId, topic, asOfMs);
        long end = LongRange.after(asOfMs.orElse(Long.MAX_VALUE));
        Constraints constraints =
                Constraints.NONE.withIngestTime(new LongRange(Long.MIN_VALUE, end));
        try (SearchPlan plan =
                planner.plan(new SearchPlanner.Input(request, constraints, ends, null))) {
            requireNone(plan.holes());
            CommittedOnly committed =
                    new CommittedOnly(log, fields, request.isolation(), plan.topics());
            Optional<Candidate> best =
                    best(plan, new Filter(constraints, committed), key, deadline);
            if (best.isEmpty()) {
                return Optional.empty();
            }
            TopicIdPartition partition =
                    new TopicIdPartition(topicId, best.get().partition(), topic);
            return Optional.of(
                    new Latest(topic, partition.partition(), load(partition, best.get(), key)));
        }
    }

    private void requireUncompacted(Uuid topicId, String topic, OptionalLong asOfMs)
            throws RefusedException {
        long compactedToMs = registry.snapshot().compactedToMs(topicId);
        if (asOfMs.isPresent() && asOfMs.getAsLong() < compactedToMs) {
            throw new RefusedException(
                    RefusedException.Reason.COMPACTED,
                    "as_of",
                    "the history of '%s' was compacted up to %d, earlier states are gone"
                            .formatted(topic, compactedToMs));
        }
    }

    private static void requireNone(List<Coverage.Hole> holes) throws RefusedException {
        if (!holes.isEmpty()) {
            throw RefusedException.incomplete(holes);
        }
    }

    private record Candidate(int partition, long offset, long timestampMs, long ingestTimeMs) {
        static final Comparator<Candidate> OVER_PARTITIONS =
                Comparator.comparingLong(Candidate::ingestTimeMs)
                        .thenComparingLong(Candidate::timestampMs)
                        .thenComparing(Comparator.comparingInt(Candidate::partition).reversed());

        static Candidate later(Candidate a, Candidate b) {
            return a.offset() > b.offset() ? a : b;
        }
    }

    /// What a record must satisfy beyond having the key.
    private record Filter(Constraints constraints, CommittedOnly committed) {}

    /// An index could not be searched because its object is not there (any more).
    private static final class GoneException extends Exception {
        private static final long serialVersionUID = 1;

        final NoSuchObjectException missing;
        final transient List<Coverage.Hole> holes;

        GoneException(NoSuchObjectException missing, List<Coverage.Hole> holes) {
            super(missing);
            this.missing = missing;
            this.holes = holes;
        }
    }

    private Optional<Candidate> best(SearchPlan plan, Filter filter, byte[] key, Deadline deadline)
            throws RefusedException, GoneException {
        List<SearchUnit> units = new ArrayList<>(plan.units());
        units.sort(Comparator.comparingLong(SearchUnit::maxIngestTimeMs).reversed());
        Map<Integer, Candidate> latest = new HashMap<>();
        Query query = fields.key(key);
        for (int from = 0; from < units.size(); from += WAVE) {
            List<SearchUnit> wave = units.subList(from, Math.min(from + WAVE, units.size()));
            long newest = wave.getFirst().maxIngestTimeMs();
            if (latest.values().stream().anyMatch(found -> found.ingestTimeMs() > newest)) {
                break;
            }
            List<Outcome<Map<Integer, Candidate>>> outcomes =
                    fanOut.run(
                            wave,
                            unit ->
                                    search(
                                            unit,
                                            filter.constraints().filtered(query, unit, fields),
                                            filter.committed()),
                            deadline);
            for (int i = 0; i < wave.size(); i++) {
                settle(wave.get(i), outcomes.get(i))
                        .forEach((p, found) -> latest.merge(p, found, Candidate::later));
            }
        }
        return latest.values().stream().max(Candidate.OVER_PARTITIONS);
    }

    private static Map<Integer, Candidate> settle(
            SearchUnit unit, Outcome<Map<Integer, Candidate>> outcome)
            throws RefusedException, GoneException {
        String reason =
                switch (outcome) {
                    case Outcome.Done<Map<Integer, Candidate>> _ -> "";
                    case Outcome.Failed<Map<Integer, Candidate>> failed ->
                            "unreadable: " + failed.cause().getMessage();
                    case Outcome.TimedOut<Map<Integer, Candidate>> _ ->
                            "not searched within the timeout";
                };
        if (outcome instanceof Outcome.Done<Map<Integer, Candidate>>(var found)) {
            return found;
        }
        if (outcome instanceof Outcome.Failed<Map<Integer, Candidate>>(var cause)
                && cause instanceof NoSuchObjectException missing) {
            throw new GoneException(missing, unit.holes(reason));
        }
        throw RefusedException.incomplete(unit.holes(reason));
    }

    /// The record of the largest offset per partition.
    private static Map<Integer, Candidate> search(
            SearchUnit unit, Query query, CommittedOnly committed) throws IOException {
        Map<Integer, Candidate> found = new HashMap<>();
        try (SearchableView view = unit.source().acquire()) {
            IndexSearcher searcher = new IndexSearcher(view.reader());
            Weight weight =
                    searcher.createWeight(
                            searcher.rewrite(committed.filtered(query, unit, view.reader())),
                            ScoreMode.COMPLETE_NO_SCORES,
                            1);
            for (LeafReaderContext leaf : searcher.getLeafContexts()) {
                Scorer scorer = weight.scorer(leaf);
                if (scorer != null) {
                    collect(leaf, scorer.iterator(), found);
                }
            }
        }
        return found;
    }

    private static void collect(
            LeafReaderContext leaf, DocIdSetIterator docs, Map<Integer, Candidate> found)
            throws IOException {
        NumericDocValues partitions = column(leaf, RecordMapping.PARTITION);
        NumericDocValues offsets = column(leaf, RecordMapping.OFFSET);
        NumericDocValues timestamps = column(leaf, RecordMapping.TIMESTAMP);
        NumericDocValues ingestTimes = column(leaf, RecordMapping.INGEST_TIME);
        for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
            int partition = (int) value(partitions, doc);
            Candidate candidate =
                    new Candidate(
                            partition,
                            value(offsets, doc),
                            value(timestamps, doc),
                            value(ingestTimes, doc));
            found.merge(partition, candidate, Candidate::later);
        }
    }

    private static NumericDocValues column(LeafReaderContext leaf, String field)
            throws IOException {
        return DocValues.getNumeric(leaf.reader(), field);
    }

    private static long value(NumericDocValues column, int doc) throws IOException {
        if (!column.advanceExact(doc)) {
            throw new IOException("document %d of an index lacks a column".formatted(doc));
        }
        return column.longValue();
    }

    private LogRecord load(TopicIdPartition partition, Candidate candidate, byte[] key)
            throws IOException {
        LogRecord record =
                log.record(partition, candidate.offset())
                        .orElseThrow(() ->
                                new IOException(
                                        "offset %d of %s is in the index, not in the log"
                                                .formatted(candidate.offset(), partition)));
        if (!Arrays.equals(record.key(), key)) {
            throw new IOException(
                    "offset %d of %s has another key than its index says"
                            .formatted(candidate.offset(), partition));
        }
        return record;
    }

    @Override
    public void close() {
        fanOut.close();
    }
}
