package io.annals.ingest.group;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;

/// Settings of the group coordinator: Kafka's own definitions, with its names, defaults, bounds and
/// documentation. Those that do nothing here (replicas, share groups) are left out, so that setting
/// them is an error and not a promise.
///
/// @param values by name; what is missing has its default
public record GroupSettings(Map<String, Object> values) {
    private static final List<String> PREFIXES = List.of("group.", "offset.", "offsets.");

    /// Prefixes of what Kafka has and we do not.
    private static final List<String> WITHOUT_EFFECT =
            List.of(
                    "group.share.",
                    "group.streams.",
                    "group.coordinator.rebalance.protocols",
                    "offsets.load.buffer.size",
                    "offsets.topic.num.partitions", // of all internal topics: defined by the server
                    "offsets.topic.replication.factor",
                    "offsets.topic.segment.bytes");

    public GroupSettings {
        values = Map.copyOf(values);
    }

    /// What can be set, by name.
    public static Map<String, ConfigDef.ConfigKey> definitions() {
        Map<String, ConfigDef.ConfigKey> definitions = new TreeMap<>();
        GroupCoordinatorConfig.CONFIG_DEF
                .configKeys()
                .forEach((name, key) -> {
                    if (!key.internalConfig
                            && PREFIXES.stream().anyMatch(name::startsWith)
                            && WITHOUT_EFFECT.stream().noneMatch(name::startsWith)) {
                        definitions.put(name, key);
                    }
                });
        return definitions;
    }

    /// @throws KafkaException if a value is wrong, as an assignor that does not exist
    /// @throws IllegalArgumentException if values do not go together
    GroupCoordinatorConfig parse() {
        return GroupCoordinatorConfig.fromProps(values);
    }

    /// Fails as the coordinator would, for who wants to know before it starts.
    ///
    /// @throws IllegalArgumentException saying what is wrong
    public void check() {
        try {
            parse();
        } catch (KafkaException invalid) {
            throw new IllegalArgumentException(invalid.getMessage(), invalid);
        }
    }
}
