package io.annals.registry;

import java.util.List;

/// One atomic change: all of it becomes the next generation, or none.
///
/// @param topics new or newer versions of topics; a tombstone removes the topic and all it has
/// @param addedSegments must not overlap what is there
/// @param removedSegments ids
/// @param removedSplits ids
public record RegistryChange(
        List<TopicMetadata> topics,
        List<RecordSegment> addedSegments,
        List<String> removedSegments,
        List<IndexSplit> addedSplits,
        List<String> removedSplits) {

    public RegistryChange {
        topics = List.copyOf(topics);
        addedSegments = List.copyOf(addedSegments);
        removedSegments = List.copyOf(removedSegments);
        addedSplits = List.copyOf(addedSplits);
        removedSplits = List.copyOf(removedSplits);
    }

    public static RegistryChange ofTopic(TopicMetadata topic) {
        return new RegistryChange(List.of(topic), List.of(), List.of(), List.of(), List.of());
    }

    public static RegistryChange ofArchived(List<RecordSegment> segments, List<IndexSplit> splits) {
        return new RegistryChange(List.of(), segments, List.of(), splits, List.of());
    }
}
