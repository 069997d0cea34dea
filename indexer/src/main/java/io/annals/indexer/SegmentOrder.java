package io.annals.indexer;

import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.WalRun;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// The record segments of a topic in the order in which they were appended. What is consecutive
/// here is consecutive in each partition and in each WAL shard, so it can be replaced by one. No
/// state.
final class SegmentOrder {
    /// Ingest times do not go back within a shard; of equal ones the WAL's numbers tell.
    private static final Comparator<RecordSegment> BY_APPEND =
            Comparator.comparingLong(SegmentOrder::ingestedFromMs)
                    .thenComparing(SegmentOrder::firstWalSegment)
                    .thenComparingLong(SegmentOrder::smallestBaseOffset);

    private SegmentOrder() {}

    /// All segments of the topic, cut where the order of the times contradicts that of the offsets,
    /// which only a clock set back between two lives of a log directory can cause.
    static List<List<RecordSegment>> runs(RegistrySnapshot snapshot, Uuid topicId) {
        List<RecordSegment> segments = new ArrayList<>(snapshot.segments(topicId));
        segments.sort(BY_APPEND);
        Map<Integer, Long> ends = new HashMap<>();
        for (RecordSegment segment : segments) {
            for (PartitionRange range : segment.ranges()) {
                long end = ends.getOrDefault(range.partition(), 0L);
                if (range.baseOffset() < end) {
                    return segments.stream().map(List::of).toList();
                }
                ends.put(range.partition(), range.endOffset());
            }
        }
        return segments.isEmpty() ? List.of() : List.of(segments);
    }

    static long ingestedFromMs(RecordSegment segment) {
        return segment.ranges().stream()
                .mapToLong(PartitionRange::minIngestTimeMs)
                .min()
                .orElseThrow();
    }

    static long ingestedToMs(RecordSegment segment) {
        return segment.ranges().stream()
                .mapToLong(PartitionRange::maxIngestTimeMs)
                .max()
                .orElseThrow();
    }

    /// Event time of the newest record.
    static long recordedToMs(RecordSegment segment) {
        return segment.ranges().stream()
                .mapToLong(PartitionRange::maxTimestampMs)
                .max()
                .orElseThrow();
    }

    static long sizeBytes(RecordSegment segment) {
        return segment.ranges().stream().mapToLong(PartitionRange::sizeBytes).sum();
    }

    /// What the segments were made of together, one run per shard.
    static List<String> walSegments(List<RecordSegment> segments) {
        List<WalRun> runs = new ArrayList<>();
        for (RecordSegment segment : segments) {
            segment.walSegments().stream().map(WalRun::parse).forEach(runs::add);
        }
        Map<String, WalRun> byShard = new TreeMap<>();
        runs.forEach(run -> byShard.merge(run.shard(), run, WalRun::and));
        return byShard.values().stream().map(WalRun::name).toList();
    }

    private static String firstWalSegment(RecordSegment segment) {
        return segment.walSegments().isEmpty() ? "" : segment.walSegments().getFirst();
    }

    private static long smallestBaseOffset(RecordSegment segment) {
        return segment.ranges().stream().mapToLong(PartitionRange::baseOffset).min().orElseThrow();
    }
}
