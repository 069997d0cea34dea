package io.annals.indexer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/// Settings of upkeep, validated by the server's settings.
///
/// @param work folder for objects on their way to the store; owned by upkeep and emptied at every
///   start; not inside the object store
/// @param interval between two passes
/// @param topicDefaults by topic setting name, as they are when asked
/// @param keyBytes memory for the keys of one compaction
/// @param retentionInterval time and size are looked at this often
/// @param mergeFactor how many small neighbours become one, at least 2
/// @param mergeAge segments older than this do not wait for so many
/// @param mergesRecords whether record segments are merged with their splits, or splits alone
/// @param targetBytes record segments grow to about this size, in bytes of the batches
/// @param split how indexes are made
public record UpkeepSettings(
        Path work,
        Duration interval,
        Supplier<Map<String, String>> topicDefaults,
        long keyBytes,
        Duration retentionInterval,
        int mergeFactor,
        Duration mergeAge,
        boolean mergesRecords,
        long targetBytes,
        SplitWriter.Options split) {}
