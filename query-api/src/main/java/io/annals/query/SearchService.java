package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.QueryTooComplexException;
import io.annals.indexer.SplitReaders;
import io.annals.registry.Registry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.lucene.search.IndexSearcher;
import org.jspecify.annotations.Nullable;

/// Searches hot and archived records as one. Thread-safe; calls block, so call from virtual
/// threads.
///
/// A search waits for the offsets its caller must see, plans ([SearchPlanner]), searches all
/// indexes in parallel ([ViewSearch]), merges, and loads only the records of the page
/// ([PageLoader]). What could not be searched is named in the answer's [Coverage].
public final class SearchService implements AutoCloseable {
    public static final int MAX_LIMIT = 1_000;
    public static final Duration MAX_TIMEOUT = Duration.ofMinutes(2);

    /// Splits can be replaced while they are searched; this often in one search means damage.
    private static final int ATTEMPTS = 3;

    private final Registry registry;
    private final QueryCompiler compiler;
    private final SearchPlanner planner;
    private final SearchFreshness freshness;
    private final FanOut fanOut;
    private final SearchRun.Tools tools;
    private final List<Consumer<Coverage>> listeners = new CopyOnWriteArrayList<>();

    public SearchService(
            Registry registry,
            LiveIndex live,
            SplitReaders splits,
            TieredLog log,
            FieldQueries fields,
            SearchLimits limits) {
        this.registry = registry;
        this.compiler = new QueryCompiler(fields, limits.query());
        this.planner = new SearchPlanner(registry, live, splits, log);
        this.freshness = new SearchFreshness(registry, live, log);
        this.fanOut = new FanOut(limits.parallelism());
        this.tools =
                new SearchRun.Tools(
                        fields, fanOut, new PageLoader(log, fanOut), log, limits.maxPageBytes());
    }

    /// Hears what every answer covered, for metrics. Called on the searching thread: return at
    /// once, never throw.
    public void addListener(Consumer<Coverage> listener) {
        listeners.add(listener);
    }

    public SearchResult search(SearchRequest request) throws RefusedException, IOException {
        SearchResult result = answer(request);
        listeners.forEach(listener -> listener.accept(result.coverage()));
        return result;
    }

    private SearchResult answer(SearchRequest request) throws RefusedException, IOException {
        Deadline deadline = Deadline.after(request.timeout());
        check(request);
        CompiledQuery query = compiler.compile(request.query());
        @Nullable Cursor cursor =
                request.cursor().isEmpty() ? null : Cursor.decode(request.cursor().get(), request);
        Map<TopicIdPartition, Long> ends = freshness.await(request, deadline);
        Constraints constraints = constraints(request, query, cursor);
        SearchPlanner.Input input =
                new SearchPlanner.Input(
                        request, constraints, ends, cursor == null ? null : cursor.bounds());
        SearchRun.Question question =
                new SearchRun.Question(request, query, constraints, cursor, deadline);
        try {
            for (int attempt = 1; ; attempt++) {
                try (SearchPlan plan = planner.plan(input)) {
                    SearchRun run = new SearchRun(question, plan, tools);
                    Map<String, NoSuchObjectException> gone = run.search();
                    if (attempt == ATTEMPTS || !isSuperseded(plan.generation(), gone)) {
                        return run.answer();
                    }
                }
            }
        } catch (QueryTooComplexException | IndexSearcher.TooManyClauses e) {
            throw RefusedException.invalidQuery(String.valueOf(e.getMessage()), 0);
        }
    }

    /// Whether splits were replaced and disposed of since the search was planned.
    private boolean isSuperseded(long planned, Map<String, NoSuchObjectException> gone) {
        return gone.values().stream()
                        .limit(1)
                        .anyMatch(missing -> NewerGeneration.isThere(registry, planned, missing))
                && gone.keySet().stream()
                        .anyMatch(split -> registry.snapshot().split(split).isEmpty());
    }

    private static void check(SearchRequest request) throws RefusedException {
        if (request.limit() < 1 || request.limit() > MAX_LIMIT) {
            throw RefusedException.invalid(
                    "limit", "%d is not allowed, 1 to %d is".formatted(request.limit(), MAX_LIMIT));
        }
        if (request.timeout().isNegative() || request.timeout().compareTo(MAX_TIMEOUT) > 0) {
            throw RefusedException.invalid(
                    "timeout_ms",
                    "%d is not allowed, 0 to %d is"
                            .formatted(request.timeout().toMillis(), MAX_TIMEOUT.toMillis()));
        }
        if (!request.minOffsets().isEmpty() && request.generation().isPresent()) {
            throw RefusedException.invalid(
                    "min_offset", "a generation does not grow: leave out min_offset or generation");
        }
    }

    /// What the request's parameters and its query together ask of every hit.
    private static Constraints constraints(
            SearchRequest request, CompiledQuery query, @Nullable Cursor cursor) {
        long from = request.fromMs().orElse(Long.MIN_VALUE);
        long to = request.toMs().orElse(Long.MAX_VALUE);
        Constraints constraints =
                query.constraints()
                        .withTimestamp(new LongRange(from, to))
                        .withIngestTime(
                                new LongRange(
                                        Long.MIN_VALUE,
                                        LongRange.after(request.asOfMs().orElse(Long.MAX_VALUE))));
        if (cursor == null) {
            return constraints;
        }
        long last = cursor.last().timestampMs();
        return switch (request.order()) {
            case NEWEST ->
                    constraints.withTimestamp(new LongRange(Long.MIN_VALUE, LongRange.after(last)));
            case OLDEST -> constraints.withTimestamp(new LongRange(last, Long.MAX_VALUE));
            case SCORE -> constraints;
        };
    }

    @Override
    public void close() {
        fanOut.close();
    }
}
