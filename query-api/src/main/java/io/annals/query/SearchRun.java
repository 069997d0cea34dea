package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryTooComplexException;
import io.annals.indexer.SearchableView;
import io.annals.query.FanOut.Outcome;
import io.annals.query.Found.Hit;
import io.annals.query.RefusedException.Reason;
import io.annals.query.ViewSearch.Page;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One search by one plan: all indexes in parallel, then the page. Confined to one thread, but for
/// what runs per index.
final class SearchRun {
    private static final Logger LOG = LoggerFactory.getLogger(SearchRun.class);

    private final Question question;
    private final SearchPlan plan;
    private final Tools tools;
    private final ScoreStatistics statistics;
    private final Page page;
    private final CommittedOnly committed;

    private final List<Hit> hits = new ArrayList<>();
    private final List<Coverage.Hole> holes;

    /// Told of when the answer is made: a plan that is outdated makes none.
    private final List<Failure> failures = new ArrayList<>();

    private long count;
    private int searched;
    private int failed;
    private boolean inTime = true;

    SearchRun(Question question, SearchPlan plan, Tools tools) {
        this.question = question;
        this.plan = plan;
        this.tools = tools;
        Cursor cursor = question.cursor();
        this.statistics = cursor == null ? new ScoreStatistics() : cursor.statistics();
        this.page =
                new Page(
                        question.request().order(),
                        question.request().limit() + 1, // one more tells of a next page
                        cursor == null,
                        Optional.ofNullable(cursor).map(Cursor::last));
        this.committed =
                new CommittedOnly(
                        tools.log(), tools.fields(), question.request().isolation(), plan.topics());
        this.holes = new ArrayList<>(plan.holes());
    }

    private record Failure(String topic, Exception cause) {}

    /// What is asked.
    ///
    /// @param cursor of the page before, null for a first page
    record Question(
            SearchRequest request,
            CompiledQuery query,
            Constraints constraints,
            @Nullable Cursor cursor,
            Deadline deadline) {}

    /// What all searches share.
    ///
    /// @param maxPageBytes a page ends early when its records reach this size
    /// @param log tells what was aborted
    record Tools(
            FieldQueries fields,
            FanOut fanOut,
            PageLoader loader,
            TieredLog log,
            long maxPageBytes) {}

    /// Searches all indexes of the plan.
    ///
    /// @return the splits, by id, whose objects are not there (any more)
    Map<String, NoSuchObjectException> search() throws RefusedException {
        if (page.order() == SearchOrder.SCORE && statistics.documents() == 0) {
            tools.fanOut().run(plan.units(), this::addStatistics, question.deadline());
        }
        List<Outcome<Found>> outcomes =
                tools.fanOut().run(plan.units(), this::searchUnit, question.deadline());
        Map<String, NoSuchObjectException> gone = new HashMap<>();
        for (int i = 0; i < outcomes.size(); i++) {
            SearchUnit unit = plan.units().get(i);
            switch (outcomes.get(i)) {
                case Outcome.Done<Found> done -> book(unit, done.result());
                case Outcome.TimedOut<Found> _ -> outOfTime(unit);
                case Outcome.Failed<Found> broken -> {
                    fail(unit, broken.cause());
                    if (broken.cause() instanceof NoSuchObjectException missing) {
                        unit.split().ifPresent(split -> gone.put(split, missing));
                    }
                }
            }
        }
        return gone;
    }

    private long addStatistics(SearchUnit unit) throws IOException {
        try (SearchableView view = unit.source().acquire()) {
            return statistics.add(view.reader(), question.query().query());
        }
    }

    private Found searchUnit(SearchUnit unit) throws IOException {
        try (SearchableView view = unit.source().acquire()) {
            IndexReader reader = view.reader();
            IndexSearcher searcher =
                    page.order() == SearchOrder.SCORE
                            ? statistics.searcher(reader)
                            : new IndexSearcher(reader);
            Query query =
                    question.constraints().filtered(question.query().query(), unit, tools.fields());
            return new ViewSearch(searcher, unit.topic(), page, question.deadline())
                    .run(committed.filtered(query, unit, reader));
        }
    }

    private void book(SearchUnit unit, Found found) {
        searched += unit.split().isPresent() ? 1 : 0;
        hits.addAll(found.hits());
        count += found.count();
        if (!found.complete()) {
            outOfTime(unit);
        }
    }

    private void outOfTime(SearchUnit unit) {
        inTime = false;
        holes.addAll(unit.holes("not searched within the timeout"));
    }

    private void fail(SearchUnit unit, Exception cause) throws RefusedException {
        if (cause instanceof QueryTooComplexException
                || cause instanceof IndexSearcher.TooManyClauses) {
            throw RefusedException.invalidQuery(String.valueOf(cause.getMessage()), 0);
        }
        if (cause instanceof NoSuchObjectException && question.request().generation().isPresent()) {
            throw new RefusedException(
                    Reason.GENERATION_GONE,
                    "generation",
                    "generation %d is no longer whole: %s"
                            .formatted(plan.generation(), cause.getMessage()));
        }
        failures.add(new Failure(unit.topic(), cause));
        failed += unit.split().isPresent() ? 1 : 0;
        holes.addAll(unit.holes("unreadable: " + cause.getMessage()));
    }

    /// Merges what was found, and loads the page.
    SearchResult answer() throws RefusedException {
        failures.forEach(each ->
                LOG.warn("an index of topic {} cannot be searched", each.topic, each.cause));
        requireComplete();
        hits.sort(Comparator.comparing(Hit::key, SortKey.comparator(page.order())));
        List<Hit> wanted = hits.subList(0, Math.min(question.request().limit(), hits.size()));
        PageLoader.Loaded loaded = tools.loader().load(wanted, plan.topics(), question.deadline());
        holes.addAll(loaded.holes());
        requireComplete();

        Highlighter highlighter = new Highlighter(tools.fields(), question.query().source());
        List<SearchResult.Hit> answered = new ArrayList<>();
        int used = 0;
        long bytesLeft = tools.maxPageBytes();
        for (Hit hit : wanted) {
            LogRecord record = loaded.records().get(hit.key());
            if (record != null) {
                bytesLeft -= record.sizeBytes();
                if (bytesLeft < 0 && !answered.isEmpty()) {
                    break; // the next page begins here
                }
                answered.add(hit(hit, record, highlighter));
            }
            used++;
        }
        Cursor before = question.cursor();
        long total = before == null ? count : before.total();
        Optional<String> next =
                inTime && used > 0 && used < hits.size()
                        ? Optional.of(cursor(hits.get(used - 1).key(), total))
                        : Optional.empty();
        return new SearchResult(answered, new SearchResult.Total(total, inTime), coverage(), next);
    }

    private void requireComplete() throws RefusedException {
        if (question.request().requireComplete() && !holes.isEmpty()) {
            throw RefusedException.incomplete(holes);
        }
    }

    private SearchResult.Hit hit(Hit hit, LogRecord record, Highlighter highlighter) {
        return new SearchResult.Hit(
                hit.key().topic(),
                hit.key().partition(),
                record,
                page.order() == SearchOrder.SCORE
                        ? OptionalDouble.of(hit.key().score())
                        : OptionalDouble.empty(),
                highlighter.highlight(record));
    }

    private String cursor(SortKey last, long total) {
        return new Cursor(
                        question.request().fingerprint(),
                        plan.generation(),
                        total,
                        last,
                        plan.bounds(),
                        statistics)
                .encode();
    }

    private Coverage coverage() {
        return new Coverage(
                plan.generation(),
                plan.partitions(),
                new Coverage.SplitCounts(searched, plan.prunedSplits(), failed),
                holes,
                question.deadline().elapsedMs());
    }
}
