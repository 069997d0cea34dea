package io.annals.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// What a registry must answer, kept in plain maps.
final class RegistryModel {
    final TreeMap<String, TopicMetadata> topics = new TreeMap<>();
    final Map<String, RecordSegment> segments = new TreeMap<>();
    final Map<String, IndexSplit> splits = new TreeMap<>();

    void apply(RegistryChange change) {
        for (TopicMetadata topic : change.topics()) {
            if (topic.deleted()) {
                topics.remove(topic.name());
                segments.values().removeIf(segment -> segment.topicId().equals(topic.id()));
                splits.values().removeIf(split -> split.topicId().equals(topic.id()));
            } else {
                topics.put(topic.name(), topic);
            }
        }
        change.removedSplits().forEach(splits::remove);
        change.removedSegments().forEach(segments::remove);
        splits.values()
                .removeIf(
                        split -> split.recordSegments().stream().noneMatch(segments::containsKey));
        change.addedSegments().forEach(segment -> segments.put(segment.id(), segment));
        change.addedSplits().forEach(split -> splits.put(split.id(), split));
    }

    /// By smallest base offset, then id.
    List<RecordSegment> segments(Uuid topicId) {
        return segments.values().stream()
                .filter(segment -> segment.topicId().equals(topicId))
                .sorted(Comparator.comparingLong(segment -> smallest(segment.ranges())))
                .toList();
    }

    List<IndexSplit> splits(Uuid topicId) {
        return splits.values().stream()
                .filter(split -> split.topicId().equals(topicId))
                .sorted(Comparator.comparingLong(split -> smallest(split.ranges())))
                .toList();
    }

    NavigableMap<Long, RecordSegment> partition(Uuid topicId, int partition) {
        NavigableMap<Long, RecordSegment> byOffset = new TreeMap<>();
        for (RecordSegment segment : segments(topicId)) {
            range(segment, partition).ifPresent(range -> byOffset.put(range.baseOffset(), segment));
        }
        return byOffset;
    }

    /// @param byOffset the segments of the partition
    static Optional<RecordSegment> segmentFor(
            NavigableMap<Long, RecordSegment> byOffset, int partition, long offset) {
        return byOffset.values().stream()
                .filter(segment -> range(segment, partition).orElseThrow().endOffset() > offset)
                .findFirst();
    }

    Checkpoint checkpoint(long generation, long committedAtMs) {
        List<RecordSegment> allSegments = new ArrayList<>();
        List<IndexSplit> allSplits = new ArrayList<>();
        for (TopicMetadata topic : topics.values()) {
            allSegments.addAll(segments(topic.id()));
            allSplits.addAll(splits(topic.id()));
        }
        return new Checkpoint(
                generation, committedAtMs, List.copyOf(topics.values()), allSegments, allSplits);
    }

    static Optional<PartitionRange> range(RecordSegment segment, int partition) {
        return segment.ranges().stream()
                .filter(range -> range.partition() == partition)
                .findFirst();
    }

    private static long smallest(List<PartitionRange> ranges) {
        return ranges.stream().mapToLong(PartitionRange::baseOffset).min().orElseThrow();
    }
}
