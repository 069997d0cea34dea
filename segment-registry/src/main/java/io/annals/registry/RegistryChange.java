package io.annals.registry;

import java.util.List;

/// One atomic change: all of it becomes the next generation, or none. Removals come before
/// additions.
///
/// @param topics new ones with version 1, changed ones with their next version; a tombstone removes
///   the topic and all it has
/// @param addedSegments must not overlap what is there
/// @param removedSegments ids; an index split goes with the last record segment it covers
/// @param addedSplits must cover record segments that are there and that no other split covers
/// @param removedSplits ids
public record RegistryChange(
        List<TopicMetadata> topics,
        List<RecordSegment> addedSegments,
        List<String> removedSegments,
        List<IndexSplit> addedSplits,
        List<String> removedSplits) {

    /// Changes nothing.
    public static final RegistryChange NONE =
            new RegistryChange(List.of(), List.of(), List.of(), List.of(), List.of());

    public RegistryChange {
        topics = List.copyOf(topics);
        addedSegments = List.copyOf(addedSegments);
        removedSegments = List.copyOf(removedSegments);
        addedSplits = List.copyOf(addedSplits);
        removedSplits = List.copyOf(removedSplits);
    }

    /// Whether it changes nothing.
    public boolean isEmpty() {
        return topics.isEmpty()
                && addedSegments.isEmpty()
                && removedSegments.isEmpty()
                && addedSplits.isEmpty()
                && removedSplits.isEmpty();
    }

    public static RegistryChange ofTopic(TopicMetadata topic) {
        return new RegistryChange(List.of(topic), List.of(), List.of(), List.of(), List.of());
    }

    public static RegistryChange ofArchived(List<RecordSegment> segments, List<IndexSplit> splits) {
        return new RegistryChange(List.of(), segments, List.of(), splits, List.of());
    }
}
