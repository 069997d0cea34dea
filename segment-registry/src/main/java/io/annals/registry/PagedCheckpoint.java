package io.annals.registry;

import java.util.List;
import java.util.stream.Stream;

/// A checkpoint whose segments and splits are in pages.
///
/// @param segments pages of record segments: together by topic name, then smallest base offset
/// @param splits pages of index splits, in the same order
record PagedCheckpoint(
        long generation,
        long committedAtMs,
        List<TopicMetadata> topics,
        List<CheckpointPage> segments,
        List<CheckpointPage> splits)
        implements StoredCheckpoint {

    PagedCheckpoint {
        topics = List.copyOf(topics);
        segments = List.copyOf(segments);
        splits = List.copyOf(splits);
    }

    Stream<CheckpointPage> pages() {
        return Stream.concat(segments.stream(), splits.stream());
    }
}
