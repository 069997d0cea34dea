package io.annals.indexer;

import io.annals.registry.IndexSplit;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/// Consecutive record segments that one index split covers, or one that none does. Upkeep takes
/// whole units: a split must not outlive a part of what it covers because that was written anew,
/// for then two splits would have the same records.
///
/// @param segments in [SegmentOrder]
/// @param isWhole whether the split covers no other record segment of its generation
record SegmentUnit(List<RecordSegment> segments, Optional<IndexSplit> split, boolean isWhole) {

    /// @param ordered consecutive in [SegmentOrder]
    static List<SegmentUnit> of(
            RegistrySnapshot snapshot, Uuid topicId, List<RecordSegment> ordered) {
        Map<String, IndexSplit> splits = new HashMap<>();
        for (IndexSplit split : snapshot.splits(topicId)) {
            split.recordSegments().forEach(id -> splits.put(id, split));
        }
        List<SegmentUnit> units = new ArrayList<>();
        int from = 0;
        while (from < ordered.size()) {
            IndexSplit split = splits.get(ordered.get(from).id());
            int to = from + 1;
            while (split != null
                    && to < ordered.size()
                    && Objects.equals(split, splits.get(ordered.get(to).id()))) {
                to++;
            }
            units.add(of(snapshot, ordered.subList(from, to), Optional.ofNullable(split)));
            from = to;
        }
        return units;
    }

    private static SegmentUnit of(
            RegistrySnapshot snapshot, List<RecordSegment> segments, Optional<IndexSplit> split) {
        Set<String> others = new HashSet<>();
        split.ifPresent(one -> others.addAll(one.recordSegments()));
        segments.forEach(segment -> others.remove(segment.id()));
        boolean isWhole = others.stream().noneMatch(id -> snapshot.segment(id).isPresent());
        return new SegmentUnit(List.copyOf(segments), split, isWhole);
    }

    static List<RecordSegment> segments(List<SegmentUnit> units) {
        return units.stream().flatMap(unit -> unit.segments.stream()).toList();
    }

    long sizeBytes() {
        return segments.stream().mapToLong(SegmentOrder::sizeBytes).sum();
    }

    boolean isCompacted() {
        return segments.stream().anyMatch(RecordSegment::isCompacted);
    }

    long ingestedToMs() {
        return segments.stream().mapToLong(SegmentOrder::ingestedToMs).max().orElseThrow();
    }
}
