package io.annals.query;

import io.annals.indexer.IndexSettings;
import io.annals.indexer.SearchableView.OffsetRange;
import io.annals.indexer.SplitReaders;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.Extent;
import io.annals.registry.IndexSplit;
import io.annals.registry.Offsets;
import io.annals.registry.PartitionRange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// One plan in the making: per topic and partition what is visible, which index answers for it, and
/// what none does. Confined to one thread.
final class PlanBuilder {
    private final SearchPlanner.Input input;
    private final RegistrySnapshot snapshot;
    private final Map<Uuid, SharedView> views;
    private final SplitReaders splits;
    private final TieredLog log;
    private final boolean pinned;

    private final Map<String, Uuid> topics = new TreeMap<>();
    private final Map<Uuid, Map<Integer, Long>> bounds = new HashMap<>();
    private final List<SearchUnit> units = new ArrayList<>();
    private final List<Coverage.Partition> covered = new ArrayList<>();
    private final List<Coverage.Hole> holes = new ArrayList<>();
    private int pruned;

    /// @param views leased live views by topic, handed on to the plan
    PlanBuilder(
            SearchPlanner.Input input,
            RegistrySnapshot snapshot,
            Map<Uuid, SharedView> views,
            SplitReaders splits,
            TieredLog log) {
        this.input = input;
        this.snapshot = snapshot;
        this.views = views;
        this.splits = splits;
        this.log = log;
        this.pinned = input.request().generation().isPresent();
    }

    SearchPlan plan() throws RefusedException {
        int partitionCount = 0;
        for (TopicMetadata topic : selected()) {
            partitionCount = Math.max(partitionCount, topic.partitionCount());
            topics.put(topic.name(), topic.id());
            addTopic(topic);
        }
        for (int partition : input.request().partitions()) {
            if (partition < 0 || partition >= partitionCount) {
                throw new RefusedException(
                        Reason.UNKNOWN_PARTITION,
                        "partition",
                        "there is no partition %d, allowed are 0 to %d"
                                .formatted(partition, partitionCount - 1));
            }
        }
        return new SearchPlan(
                snapshot.generation(),
                topics,
                bounds,
                units,
                covered,
                pruned,
                holes,
                List.copyOf(views.values()));
    }

    /// Later pages keep to the topics of the first one.
    private List<TopicMetadata> selected() throws RefusedException {
        List<TopicMetadata> found = TopicSelector.select(snapshot, input.request().topics());
        Map<Uuid, Map<Integer, Long>> frozen = input.frozen();
        if (frozen == null) {
            return found;
        }
        List<TopicMetadata> kept =
                found.stream().filter(topic -> frozen.containsKey(topic.id())).toList();
        if (kept.size() < frozen.size()) {
            throw RefusedException.invalid(
                    "cursor", "a topic of this search was deleted; begin the search anew");
        }
        return kept;
    }

    private void addTopic(TopicMetadata topic) throws RefusedException {
        Map<Integer, OffsetRange> visible = new TreeMap<>();
        Map<Integer, OffsetRange> liveRanges = new TreeMap<>();
        SharedView view = views.get(topic.id());
        Map<Integer, OffsetRange> hot = view == null ? Map.of() : view.ranges();
        Map<Integer, Long> ends = new TreeMap<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            if (!isSelected(partition)) {
                continue;
            }
            long archivedEnd = snapshot.archivedEndOffset(topic.id(), partition);
            OffsetRange tail =
                    IndexSettings.isIndexed(topic)
                            ? tail(hot.get(partition), archivedEnd)
                            : new OffsetRange(
                                    archivedEnd, highWatermark(topic, partition, archivedEnd));
            long end =
                    frozenEnd(topic, partition)
                            .orElse(Math.min(tail.to(), stableEnd(topic, partition)));
            long start = Math.min(logStart(topic, partition), end);
            visible.put(partition, new OffsetRange(start, end));
            ends.put(partition, end);
            OffsetRange liveRange = clip(tail, start, end);
            if (liveRange.from() < liveRange.to()) {
                liveRanges.put(partition, liveRange);
            }
            covered.add(
                    new Coverage.Partition(
                            topic.name(),
                            partition,
                            start,
                            end,
                            endToCover(topic, partition, end)));
        }
        bounds.put(topic.id(), ends);
        if (!IndexSettings.isIndexed(topic)) {
            visible.forEach(
                    (p, r) -> holes.add(new Coverage.Hole(topic.name(), p, r, "not indexed")));
            return;
        }
        if (view != null && !liveRanges.isEmpty()) {
            units.add(
                    new SearchUnit(
                            topic.name(),
                            view,
                            Optional.empty(),
                            liveRanges,
                            SearchUnit.Filters.ALL,
                            Long.MAX_VALUE));
        }
        List<IndexSplit> touched =
                snapshot.splits(topic.id(), extent -> mayHoldHits(extent, visible));
        touched.forEach(split -> addSplit(topic, split, visible));
        pruned += snapshot.splits(topic.id()).size() - touched.size();
        HoleFinder finder = new HoleFinder(snapshot, topic, input.constraints(), visible);
        holes.addAll(finder.compacted());
        holes.addAll(finder.unindexed(liveRanges, touched));
    }

    private boolean isSelected(int partition) {
        return input.request().partitions().isEmpty()
                || input.request().partitions().contains(partition);
    }

    /// What the live index has to answer for: offsets from the archived end on.
    private static OffsetRange tail(@Nullable OffsetRange hot, long archivedEnd) {
        return hot == null || hot.to() <= archivedEnd
                ? new OffsetRange(archivedEnd, archivedEnd)
                : new OffsetRange(Math.max(hot.from(), archivedEnd), hot.to());
    }

    private Optional<Long> frozenEnd(TopicMetadata topic, int partition) {
        Map<Uuid, Map<Integer, Long>> frozen = input.frozen();
        return frozen == null
                ? Optional.empty()
                : Optional.of(
                        frozen.getOrDefault(topic.id(), Map.of()).getOrDefault(partition, 0L));
    }

    /// Where this search must end whatever is indexed beyond: for committed records at the last
    /// stable offset. What is aborted is asked after this, so that everything below is told of.
    private long stableEnd(TopicMetadata topic, int partition) {
        return input.request().isolation() == IsolationLevel.READ_UNCOMMITTED
                ? Long.MAX_VALUE
                : log.bounds(new TopicIdPartition(topic.id(), partition, topic.name()))
                        .map(PartitionBounds::lastStableOffset)
                        .orElse(Long.MAX_VALUE);
    }

    private long logStart(TopicMetadata topic, int partition) throws RefusedException {
        long inSnapshot = topic.logStartOffsets().get(partition);
        Optional<PartitionBounds> now =
                log.bounds(new TopicIdPartition(topic.id(), partition, topic.name()));
        if (!pinned) {
            return now.map(bounds -> Math.max(bounds.logStartOffset(), inSnapshot))
                    .orElse(inSnapshot);
        }
        long start =
                snapshot.archivedStartOffset(topic.id(), partition)
                        .map(archived -> Math.max(archived, inSnapshot))
                        .orElse(inSnapshot);
        if (now.isEmpty() || now.get().logStartOffset() > start) {
            throw new RefusedException(
                    Reason.GENERATION_GONE,
                    "generation",
                    "generation %d began at offset %d of %s-%d, which is deleted by now"
                            .formatted(snapshot.generation(), start, topic.name(), partition));
        }
        return start;
    }

    private long highWatermark(TopicMetadata topic, int partition, long end) {
        TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
        return Math.max(end, input.highWatermarks().getOrDefault(id, end));
    }

    /// Where the partition ended for this search: later pages end where the first one did, and a
    /// search as of a time where the log ended then.
    private long endToCover(TopicMetadata topic, int partition, long end) {
        long highWatermark = input.frozen() == null ? highWatermark(topic, partition, end) : end;
        OptionalLong asOfMs = input.request().asOfMs();
        if (highWatermark == end || asOfMs.isEmpty()) {
            return highWatermark;
        }
        TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
        try {
            long then = log.endOffsetForIngestTime(id, asOfMs.getAsLong()).orElse(highWatermark);
            return Math.clamp(then, end, highWatermark);
        } catch (IOException _) {
            return highWatermark; // says less than it could, nothing wrong
        }
    }

    private boolean mayHoldHits(Extent extent, Map<Integer, OffsetRange> visible) {
        OffsetRange wanted = visible.get(extent.partition());
        return wanted != null
                && extent.overlaps(new Offsets(wanted.from(), wanted.to()))
                && input.constraints().touches(extent);
    }

    private void addSplit(
            TopicMetadata topic, IndexSplit split, Map<Integer, OffsetRange> visible) {
        Map<Integer, OffsetRange> ranges = new TreeMap<>();
        boolean whole = true;
        LongRange times = new LongRange(Long.MAX_VALUE, Long.MIN_VALUE);
        LongRange ingest = times;
        for (PartitionRange range : split.ranges()) {
            OffsetRange stored = new OffsetRange(range.baseOffset(), range.endOffset());
            OffsetRange allowed = visible.get(range.partition());
            OffsetRange seen =
                    allowed == null
                            ? new OffsetRange(0, 0)
                            : clip(stored, allowed.from(), allowed.to());
            whole &= seen.equals(stored);
            times = span(times, range.minTimestampMs(), range.maxTimestampMs());
            ingest = span(ingest, range.minIngestTimeMs(), range.maxIngestTimeMs());
            if (seen.from() < seen.to()) {
                ranges.put(range.partition(), seen);
            }
        }
        Constraints limits = input.constraints();
        SearchUnit.Filters filters =
                new SearchUnit.Filters(
                        !whole,
                        !limits.timestamp().holds(times.from(), times.to()),
                        !limits.ingestTime().holds(ingest.from(), ingest.to()));
        units.add(
                new SearchUnit(
                        topic.name(),
                        () -> splits.acquire(split),
                        Optional.of(split.id()),
                        ranges,
                        filters,
                        ingest.to()));
    }

    /// Smallest and largest number, both inclusive.
    private static LongRange span(LongRange so, long min, long max) {
        return new LongRange(Math.min(so.from(), min), Math.max(so.to(), max));
    }

    private static OffsetRange clip(OffsetRange range, long from, long to) {
        long start = Math.max(range.from(), from);
        return new OffsetRange(start, Math.max(start, Math.min(range.to(), to)));
    }
}
