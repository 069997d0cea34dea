package io.annals.registry;

import java.util.List;

/// What a checkpoint object says: all of a generation, or where the pages are that hold the most of
/// it.
public sealed interface StoredCheckpoint permits Checkpoint, PagedCheckpoint {

    long generation();

    /// Wall clock of the generation's commit, milliseconds.
    long committedAtMs();

    /// By name, no tombstones.
    List<TopicMetadata> topics();
}
