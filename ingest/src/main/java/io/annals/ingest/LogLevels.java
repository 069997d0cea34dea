package io.annals.ingest;

import java.util.SortedMap;
import java.util.TreeMap;

/// How much each logger of this process tells. What is changed lasts until the process ends, as in
/// Kafka. Thread-safe.
public interface LogLevels {
    /// The one that all others take after, as Kafka calls it.
    String ROOT = "root";

    /// There are no loggers.
    LogLevels NONE =
            new LogLevels() {
                @Override
                public SortedMap<String, String> levels() {
                    return new TreeMap<>();
                }

                @Override
                public void set(String logger, String level) {
                    throw new IllegalArgumentException("no such logger: " + logger);
                }

                @Override
                public void reset(String logger) {
                    throw new IllegalArgumentException("no such logger: " + logger);
                }
            };

    /// The level in effect by logger, in Kafka's names for both.
    SortedMap<String, String> levels();

    /// @param logger one of [#levels]
    /// @param level one of [org.apache.kafka.common.config.LogLevelConfig#VALID_LOG_LEVELS]
    void set(String logger, String level);

    /// Lets a logger take after the one above it again.
    ///
    /// @param logger one of [#levels], not [#ROOT]
    void reset(String logger);
}
