package io.annals.registry;

import java.util.List;

/// A whole generation as plain data: what a rebuild makes, and what checkpoints before version 3
/// hold.
///
/// @param generation number of the state
/// @param committedAtMs wall clock of its commit
/// @param topics by name, no tombstones
/// @param segments by topic name, then smallest base offset
/// @param splits by topic name, then smallest base offset
public record Checkpoint(
        long generation,
        long committedAtMs,
        List<TopicMetadata> topics,
        List<RecordSegment> segments,
        List<IndexSplit> splits)
        implements StoredCheckpoint {

    public Checkpoint {
        topics = List.copyOf(topics);
        segments = List.copyOf(segments);
        splits = List.copyOf(splits);
    }
}
