package io.annals.indexer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Settings of upkeep, validated by the server's settings.
///
/// @param work folder for objects on their way to the store; owned by upkeep and emptied at every
///   start; not inside the object store
/// @param interval between two passes
/// @param topicDefaults by topic setting name
/// @param keyBytes memory for the keys of one compaction
/// @param targetBytes record segments grow to about this size, in bytes of the batches
/// @param split how indexes are made
public record UpkeepSettings(
        Path work,
        Duration interval,
        Map<String, String> topicDefaults,
        long keyBytes,
        long targetBytes,
        SplitWriter.Options split) {

    public UpkeepSettings {
        topicDefaults = Map.copyOf(topicDefaults);
    }
}
