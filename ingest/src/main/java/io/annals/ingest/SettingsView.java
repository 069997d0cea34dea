package io.annals.ingest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.jspecify.annotations.Nullable;

/// Settings as admin clients see them: value, where it comes from, what it would be otherwise,
/// type, documentation.
final class SettingsView {
    private final ConfigDef topicDefinitions;
    private final IngestConfig.BrokerSettings broker;

    SettingsView(ConfigDef topicDefinitions, IngestConfig config) {
        this.topicDefinitions = topicDefinitions;
        this.broker = config.broker();
    }

    /// @param value null if there is none, or if it is secret
    /// @param synonyms where the value was looked for, the first is where it was found
    record Setting(
            String name,
            @Nullable String value,
            ConfigType type,
            boolean readOnly,
            boolean sensitive,
            String documentation,
            List<Synonym> synonyms) {

        ConfigSource source() {
            return synonyms.getFirst().source();
        }
    }

    record Synonym(String name, @Nullable String value, ConfigSource source) {}

    /// Ordered by name.
    ///
    /// @param explicit what the topic sets itself
    List<Setting> ofTopic(Map<String, String> explicit) {
        return sorted(topicDefinitions).stream()
                .map(key -> {
                    List<Synonym> synonyms = new ArrayList<>();
                    if (explicit.containsKey(key.name)) {
                        synonyms.add(
                                new Synonym(
                                        key.name,
                                        explicit.get(key.name),
                                        ConfigSource.TOPIC_CONFIG));
                    }
                    synonyms.addAll(inherited(key));
                    return setting(key, synonyms, false);
                })
                .toList();
    }

    /// What a topic has that sets nothing itself.
    private List<Synonym> inherited(ConfigDef.ConfigKey topicKey) {
        return Optional.ofNullable(broker.topicDefaults().get(topicKey.name))
                .map(name -> broker.definitions().configKeys().get(name))
                .map(this::ofBroker)
                .orElseGet(() ->
                        List.of(
                                new Synonym(
                                        topicKey.name,
                                        text(topicKey),
                                        ConfigSource.DEFAULT_CONFIG)));
    }

    /// Ordered by name. None of them can be changed while the server runs.
    List<Setting> ofBroker() {
        return sorted(broker.definitions()).stream()
                .map(key -> setting(key, ofBroker(key), true))
                .toList();
    }

    private List<Synonym> ofBroker(ConfigDef.ConfigKey key) {
        List<Synonym> synonyms = new ArrayList<>();
        String explicit = broker.explicit().get(key.name);
        if (explicit != null) {
            synonyms.add(new Synonym(key.name, explicit, ConfigSource.STATIC_BROKER_CONFIG));
        }
        synonyms.add(new Synonym(key.name, text(key), ConfigSource.DEFAULT_CONFIG));
        return synonyms;
    }

    private static Setting setting(
            ConfigDef.ConfigKey key, List<Synonym> synonyms, boolean readOnly) {
        boolean secret = key.type == ConfigDef.Type.PASSWORD;
        List<Synonym> shown =
                secret
                        ? synonyms.stream()
                                .map(one -> new Synonym(one.name(), null, one.source()))
                                .toList()
                        : synonyms;
        return new Setting(
                key.name,
                shown.getFirst().value(),
                type(key.type),
                readOnly,
                secret,
                key.documentation,
                shown);
    }

    private static Collection<ConfigDef.ConfigKey> sorted(ConfigDef definitions) {
        return new TreeMap<>(definitions.configKeys()).values();
    }

    private static @Nullable String text(ConfigDef.ConfigKey key) {
        return ConfigDef.convertToString(key.defaultValue, key.type);
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
