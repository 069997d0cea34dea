package io.annals.query;

import io.annals.indexer.LiveIndex;
import io.annals.indexer.SearchableView;
import io.annals.indexer.SplitReaders;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// Decides what a search looks at, before anything is read. Immutable, thread-safe.
///
/// Every offset of a partition is looked for exactly once: the live views are taken first and the
/// registry snapshot after them, and of the live index only what lies at or above the snapshot's
/// archived end counts (SEARCH-1). What lies between the log start and the end of both and is in
/// neither is a hole.
final class SearchPlanner {
    private final Registry registry;
    private final LiveIndex live;
    private final SplitReaders splits;
    private final TieredLog log;

    SearchPlanner(Registry registry, LiveIndex live, SplitReaders splits, TieredLog log) {
        this.registry = registry;
        this.live = live;
        this.splits = splits;
        this.log = log;
    }

    /// What a plan is made of.
    ///
    /// @param highWatermarks taken before the search began
    /// @param frozen bounds of the first page, null for a first page
    record Input(
            SearchRequest request,
            Constraints constraints,
            Map<TopicIdPartition, Long> highWatermarks,
            @Nullable Map<Uuid, Map<Integer, Long>> frozen) {}

    SearchPlan plan(Input input) throws RefusedException, IOException {
        boolean pinned = input.request().generation().isPresent();
        Map<Uuid, SharedView> views = new HashMap<>();
        try {
            if (!pinned) {
                leaseLiveViews(input.request(), views);
            }
            RegistrySnapshot snapshot =
                    pinned
                            ? generation(input.request().generation().getAsLong())
                            : registry.snapshot();
            return new PlanBuilder(input, snapshot, views, splits, log).plan();
        } catch (RefusedException | IOException | RuntimeException e) {
            views.values().forEach(SharedView::close);
            throw e;
        }
    }

    private void leaseLiveViews(SearchRequest request, Map<Uuid, SharedView> views)
            throws RefusedException {
        for (TopicMetadata topic : TopicSelector.select(registry.snapshot(), request.topics())) {
            Optional<SearchableView> view = live.acquire(topic.id());
            view.ifPresent(v -> views.put(topic.id(), new SharedView(v)));
        }
    }

    private RegistrySnapshot generation(long generation) throws RefusedException, IOException {
        return registry.snapshot(generation)
                .orElseThrow(() ->
                        RefusedException.generationGone(
                                "generation", generation, registry.snapshot().generation()));
    }
}
