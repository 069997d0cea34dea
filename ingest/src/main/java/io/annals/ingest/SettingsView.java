package io.annals.ingest;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.jspecify.annotations.Nullable;

/// Settings as admin clients see them: value, where it comes from, type, documentation.
final class SettingsView {
    private final ConfigDef topicDefinitions;
    private final Map<String, String> topicDefaults;
    private final IngestConfig.BrokerSettings broker;

    SettingsView(ConfigDef topicDefinitions, IngestConfig config) {
        this.topicDefinitions = topicDefinitions;
        this.topicDefaults = config.topicDefaults();
        this.broker = config.broker();
    }

    /// @param value null if there is none
    record Setting(
            String name,
            @Nullable String value,
            ConfigSource source,
            ConfigType type,
            boolean readOnly,
            String documentation) {}

    /// @param explicit what the topic sets itself
    List<Setting> ofTopic(Map<String, String> explicit) {
        return topicDefinitions.configKeys().values().stream()
                .map(key -> {
                    ConfigSource inherited =
                            topicDefaults.containsKey(key.name)
                                    ? ConfigSource.STATIC_BROKER_CONFIG
                                    : ConfigSource.DEFAULT_CONFIG;
                    return setting(key, explicit, ConfigSource.TOPIC_CONFIG, inherited, false);
                })
                .toList();
    }

    List<Setting> ofBroker() {
        return broker.definitions().configKeys().values().stream()
                .map(key ->
                        setting(
                                key,
                                broker.explicit(),
                                ConfigSource.STATIC_BROKER_CONFIG,
                                ConfigSource.DEFAULT_CONFIG,
                                true))
                .toList();
    }

    private static Setting setting(
            ConfigDef.ConfigKey key,
            Map<String, String> explicit,
            ConfigSource own,
            ConfigSource inherited,
            boolean readOnly) {
        boolean isExplicit = explicit.containsKey(key.name);
        return new Setting(
                key.name,
                isExplicit
                        ? explicit.get(key.name)
                        : ConfigDef.convertToString(key.defaultValue, key.type),
                isExplicit ? own : inherited,
                type(key.type),
                readOnly,
                key.documentation);
    }

    private static ConfigType type(ConfigDef.Type type) {
        return switch (type) {
            case BOOLEAN -> ConfigType.BOOLEAN;
            case STRING -> ConfigType.STRING;
            case INT -> ConfigType.INT;
            case SHORT -> ConfigType.SHORT;
            case LONG -> ConfigType.LONG;
            case DOUBLE -> ConfigType.DOUBLE;
            case LIST -> ConfigType.LIST;
            case CLASS -> ConfigType.CLASS;
            case PASSWORD -> ConfigType.PASSWORD;
        };
    }
}
