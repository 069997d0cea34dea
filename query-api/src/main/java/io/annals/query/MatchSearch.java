package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.RecordMapping;
import io.annals.indexer.SearchableView;
import io.annals.indexer.SearchableView.OffsetRange;
import io.annals.indexer.SplitReaders;
import io.annals.registry.Registry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;

/// Finds the records of one partition that match, in the order of their offsets. Thread-safe;
/// blocks.
///
/// Goes through the indexes of the partition one after the other, in the order of the offsets they
/// answer for, and only as far as it must. What no index can tell ends the answer in front of it,
/// and is an error if it is what was asked for first: no match is ever left out (SEARCH-2).
final class MatchSearch {
    /// Indexes can be replaced while they are searched; this often in one search means damage.
    private static final int ATTEMPTS = 3;

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /// Documents between two looks at the clock.
    private static final int WINDOW = 1 << 14;

    private final Registry registry;
    private final SearchPlanner planner;
    private final TieredLog log;
    private final FieldQueries fields;

    MatchSearch(
            Registry registry,
            LiveIndex live,
            SplitReaders splits,
            TieredLog log,
            FieldQueries fields) {
        this.registry = registry;
        this.planner = new SearchPlanner(registry, live, splits, log);
        this.log = log;
        this.fields = fields;
    }

    /// What is looked for, and where: offsets `[from, end)` of one partition.
    ///
    /// @param request says nothing but topic, partition and `as_of`
    record Question(
            TopicIdPartition partition,
            SearchRequest request,
            Query query,
            Constraints constraints,
            long from,
            long end) {

        Question sinceTimestamp(long timestampMs) {
            return new Question(
                    partition,
                    request,
                    query,
                    constraints.withTimestamp(new LongRange(timestampMs, Long.MAX_VALUE)),
                    from,
                    end);
        }
    }

    /// The first matches, at most `max`; empty and ending where it begins if nothing there is
    /// searchable yet.
    ///
    /// @throws IOException if the first offset cannot be searched
    MatchRun first(Question question, int max) throws IOException {
        return attempt(question, plan -> first(question, plan, max));
    }

    /// The match with the largest event time, empty if there is none among what is searchable.
    Optional<SortKey> newest(Question question) throws IOException {
        return attempt(
                question,
                plan -> {
                    requireAll(question, plan);
                    Optional<SortKey> best = Optional.empty();
                    for (SearchUnit unit : units(question, plan, question.end())) {
                        for (Found.Hit hit : newest(question, unit).hits()) {
                            best =
                                    best.filter(so -> SortKey.NEWEST.compare(so, hit.key()) < 0)
                                            .or(() -> Optional.of(hit.key()));
                        }
                    }
                    return best;
                });
    }

    @FunctionalInterface
    private interface Work<T> {
        T run(SearchPlan plan) throws IOException;
    }

    private <T> T attempt(Question question, Work<T> work) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (SearchPlan plan = plan(question)) {
                try {
                    return work.run(plan);
                } catch (NoSuchObjectException replaced) {
                    if (attempt == ATTEMPTS
                            || !NewerGeneration.isThere(registry, plan.generation(), replaced)) {
                        throw replaced;
                    }
                }
            }
        }
    }

    private SearchPlan plan(Question question) throws IOException {
        boolean sameTopic =
                registry.snapshot()
                        .topic(question.partition().topic())
                        .filter(topic -> topic.id().equals(question.partition().topicId()))
                        .isPresent();
        if (!sameTopic) {
            throw new IOException("topic of %s was deleted".formatted(question.partition()));
        }
        Constraints constraints =
                question.constraints()
                        .and(
                                new Constraints(
                                        LongRange.of(question.partition().partition()),
                                        new LongRange(question.from(), question.end()),
                                        LongRange.ALL,
                                        LongRange.ALL));
        try {
            return planner.plan(
                    new SearchPlanner.Input(question.request(), constraints, Map.of(), null));
        } catch (RefusedException refused) {
            throw new IOException(refused.getMessage(), refused);
        }
    }

    private MatchRun first(Question question, SearchPlan plan, int max) throws IOException {
        long limit = searchableEnd(question, plan);
        if (limit <= question.from()) {
            return MatchRun.nothing(question.from());
        }
        List<long[]> found = new ArrayList<>();
        int count = 0;
        long covered = limit;
        for (SearchUnit unit : units(question, plan, limit)) {
            SmallestOffsets smallest = new SmallestOffsets(max - count);
            collect(question, unit, smallest);
            long[] offsets = smallest.sorted();
            found.add(offsets);
            count += offsets.length;
            if (smallest.isTruncated()) {
                covered = smallest.limit();
                break;
            }
            if (count == max) {
                covered = range(unit, question.partition()).to();
                break;
            }
        }
        return new MatchRun(
                question.from(), covered, found.stream().flatMapToLong(LongStream::of).toArray());
    }

    /// Where the answer must end for now: at what is not indexed yet, or in front of a hole.
    private static long searchableEnd(Question question, SearchPlan plan) throws IOException {
        int partition = question.partition().partition();
        long limit = question.end();
        for (Coverage.Partition covered : plan.partitions()) {
            if (covered.partition() == partition) {
                limit = Math.min(limit, covered.to());
            }
        }
        for (Coverage.Hole hole : plan.holes()) {
            boolean concerns =
                    hole.partition() == partition
                            && hole.to() > question.from()
                            && hole.from() < limit;
            if (concerns && hole.from() <= question.from()) {
                throw new IOException("cannot be searched: " + hole);
            }
            limit = concerns ? hole.from() : limit;
        }
        return limit;
    }

    private static void requireAll(Question question, SearchPlan plan) throws IOException {
        long end = searchableEnd(question, plan);
        if (end < question.end()) {
            throw new IOException(
                    "%s is searchable up to %d, wanted %d"
                            .formatted(question.partition(), end, question.end()));
        }
    }

    /// What must be searched of each index, in the order of offsets.
    private static List<SearchUnit> units(Question question, SearchPlan plan, long limit) {
        TopicIdPartition partition = question.partition();
        List<SearchUnit> units = new ArrayList<>();
        for (SearchUnit unit : plan.units()) {
            OffsetRange range = unit.visible().get(partition.partition());
            if (range == null || range.to() <= question.from() || range.from() >= limit) {
                continue;
            }
            OffsetRange wanted =
                    new OffsetRange(
                            Math.max(range.from(), question.from()), Math.min(range.to(), limit));
            units.add(
                    new SearchUnit(
                            unit.topic(),
                            unit.source(),
                            unit.split(),
                            Map.of(partition.partition(), wanted),
                            new SearchUnit.Filters(
                                    true, unit.filters().timestamp(), unit.filters().ingestTime()),
                            unit.maxIngestTimeMs()));
        }
        units.sort(Comparator.comparingLong(unit -> range(unit, partition).from()));
        return units;
    }

    private static OffsetRange range(SearchUnit unit, TopicIdPartition partition) {
        return Objects.requireNonNull(unit.visible().get(partition.partition()));
    }

    private Query filtered(Question question, SearchUnit unit, IndexReader reader)
            throws IOException {
        CommittedOnly committed =
                new CommittedOnly(
                        log,
                        fields,
                        IsolationLevel.READ_COMMITTED,
                        Map.of(unit.topic(), question.partition().topicId()));
        return committed.filtered(
                question.constraints().filtered(question.query(), unit, fields), unit, reader);
    }

    private void collect(Question question, SearchUnit unit, SmallestOffsets offsets)
            throws IOException {
        Deadline deadline = Deadline.after(TIMEOUT);
        try (SearchableView view = unit.source().acquire()) {
            IndexSearcher searcher = new IndexSearcher(view.reader());
            Query query = searcher.rewrite(filtered(question, unit, view.reader()));
            Weight weight = searcher.createWeight(query, ScoreMode.COMPLETE_NO_SCORES, 1);
            for (LeafReaderContext leaf : searcher.getLeafContexts()) {
                Scorer scorer = weight.scorer(leaf);
                if (scorer != null) {
                    collect(leaf, scorer.iterator(), offsets, deadline);
                }
            }
        }
    }

    private static void collect(
            LeafReaderContext leaf,
            DocIdSetIterator docs,
            SmallestOffsets offsets,
            Deadline deadline)
            throws IOException {
        NumericDocValues column = DocValues.getNumeric(leaf.reader(), RecordMapping.OFFSET);
        int seen = 0;
        for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
            if (++seen % WINDOW == 0 && deadline.isOver()) {
                throw new IOException("not searched within " + TIMEOUT);
            }
            if (!column.advanceExact(doc)) {
                throw new IOException("document %d of an index has no offset".formatted(doc));
            }
            offsets.add(column.longValue());
        }
    }

    private Found newest(Question question, SearchUnit unit) throws IOException {
        try (SearchableView view = unit.source().acquire()) {
            Found found =
                    new ViewSearch(
                                    new IndexSearcher(view.reader()),
                                    unit.topic(),
                                    new ViewSearch.Page(
                                            SearchOrder.NEWEST, 1, false, Optional.empty()),
                                    Deadline.after(TIMEOUT))
                            .run(filtered(question, unit, view.reader()));
            if (!found.complete()) {
                throw new IOException("not searched within " + TIMEOUT);
            }
            return found;
        }
    }
}
