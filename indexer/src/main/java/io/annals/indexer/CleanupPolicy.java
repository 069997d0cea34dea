package io.annals.indexer;

import io.annals.registry.TopicMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;

/// How the history of a topic ends: Kafka's topic settings with Kafka's names and defaults, but
/// that nothing is deleted unless a setting says so.
///
/// @param compact the latest record of each key is kept
/// @param delete what is past its retention is deleted
/// @param retentionMs by event time; -1 is forever
/// @param retentionBytes per partition, of the batches as sent; -1 is all
/// @param localRetentionMs how long what is archived stays in the hot tier, by event time; -1 is
///   for as long as there is room
/// @param localRetentionBytes how many bytes of a partition stay there; -1 is all, as long as there
///   is room
/// @param deleteRetentionMs how long a tombstone stays after the compaction that met it first
/// @param minCompactionLagMs records younger than this (event time) are not compacted
/// @param maxCompactionLagMs records older than this are compacted whatever the ratio
/// @param minCleanableDirtyRatio share of the archived bytes that must be new
public record CleanupPolicy(
        boolean compact,
        boolean delete,
        long retentionMs,
        long retentionBytes,
        long localRetentionMs,
        long localRetentionBytes,
        long deleteRetentionMs,
        long minCompactionLagMs,
        long maxCompactionLagMs,
        double minCleanableDirtyRatio) {
    private static final long DAY_MS = 86_400_000;

    /// Value of the local settings: as long, or as much, as the topic is kept.
    private static final long AS_ALL = -2;

    /// @param defaults by topic setting name, for what the topic does not say; values were
    ///   validated when they were set
    public static CleanupPolicy of(TopicMetadata topic, Map<String, String> defaults) {
        Lookup lookup = new Lookup(topic.configs(), defaults);
        List<String> policies =
                Arrays.stream(lookup.text(TopicConfig.CLEANUP_POLICY_CONFIG, "delete").split(","))
                        .map(String::strip)
                        .toList();
        long retentionMs = lookup.number(TopicConfig.RETENTION_MS_CONFIG, -1);
        long retentionBytes = lookup.number(TopicConfig.RETENTION_BYTES_CONFIG, -1);
        long localMs = lookup.number(TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG, AS_ALL);
        long localBytes = lookup.number(TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG, AS_ALL);
        return new CleanupPolicy(
                policies.contains(TopicConfig.CLEANUP_POLICY_COMPACT),
                policies.contains(TopicConfig.CLEANUP_POLICY_DELETE),
                retentionMs,
                retentionBytes,
                localMs == AS_ALL ? retentionMs : localMs,
                localBytes == AS_ALL ? retentionBytes : localBytes,
                lookup.number(TopicConfig.DELETE_RETENTION_MS_CONFIG, DAY_MS),
                lookup.number(TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG, 0),
                lookup.number(TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, Long.MAX_VALUE),
                Double.parseDouble(
                        lookup.text(TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.5")));
    }

    private record Lookup(Map<String, String> configs, Map<String, String> defaults) {
        String text(String name, String builtIn) {
            return configs.getOrDefault(name, defaults.getOrDefault(name, builtIn));
        }

        long number(String name, long builtIn) {
            return Long.parseLong(text(name, Long.toString(builtIn)).strip());
        }
    }
}
