package io.annals.ingest;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;

/// Settings of the write side, validated by the server's settings.
///
/// @param clusterId told to clients
/// @param nodeId this broker's id
/// @param autoCreateTopics create a topic when a client first asks for it
/// @param defaultPartitions partitions of a topic created without a number
/// @param topicDefaults by topic setting name, in place of the built-in defaults
/// @param maxDecompressedBatchBytes bound for the records of one batch, decompressed
/// @param throttleFrom share of the hot tier's bound in use above which producers are slowed, 0 to
///   1
/// @param throttleMax the longest a producer is told to wait, just below the bound
/// @param broker the server's own settings, for clients that describe them
public record IngestConfig(
        String clusterId,
        int nodeId,
        boolean autoCreateTopics,
        int defaultPartitions,
        Map<String, String> topicDefaults,
        int maxDecompressedBatchBytes,
        double throttleFrom,
        Duration throttleMax,
        BrokerSettings broker) {

    public IngestConfig {
        topicDefaults = Map.copyOf(topicDefaults);
    }

    /// Defaults for everything but the identity.
    public static IngestConfig of(String clusterId, int nodeId) {
        return new IngestConfig(
                clusterId,
                nodeId,
                true,
                1,
                Map.of(),
                128 << 20, // 128 MiB, as much as archiving can decode
                0.8,
                Duration.ofSeconds(1),
                new BrokerSettings(new ConfigDef(), Map.of(), Map.of(), Set.of()));
    }

    /// @param explicit what was set, by name; the rest has its default
    /// @param topicDefaults which of them is the default of which topic setting, by topic setting
    /// @param dynamic which of them clients may change while the server runs
    public record BrokerSettings(
            ConfigDef definitions,
            Map<String, String> explicit,
            Map<String, String> topicDefaults,
            Set<String> dynamic) {

        public BrokerSettings {
            explicit = Map.copyOf(explicit);
            topicDefaults = Map.copyOf(topicDefaults);
            dynamic = Set.copyOf(dynamic);
        }
    }
}
