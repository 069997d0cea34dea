package io.annals.ingest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.jspecify.annotations.Nullable;

/// Settings as admin clients see them: value, where it comes from, what it would be otherwise,
/// type, documentation.
final class SettingsView {
    private final ConfigDef topicDefinitions;
    private final BrokerConfigs broker;

    SettingsView(ConfigDef topicDefinitions, BrokerConfigs broker) {
        this.topicDefinitions = topicDefinitions;
        this.broker = broker;
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
                .map(key -> own(key, explicit, ConfigSource.TOPIC_CONFIG, inherited(key)))
                .toList();
    }

    /// A setting that the resource may set itself, before what it has otherwise.
    private Setting own(
            ConfigDef.ConfigKey key,
            Map<String, String> explicit,
            ConfigSource source,
            List<Synonym> otherwise) {
        List<Synonym> synonyms = new ArrayList<>();
        if (explicit.containsKey(key.name)) {
            synonyms.add(new Synonym(key.name, explicit.get(key.name), source));
        }
        synonyms.addAll(otherwise);
        return setting(key, synonyms, false);
    }

    /// What a topic has that sets nothing itself.
    private List<Synonym> inherited(ConfigDef.ConfigKey topicKey) {
        return broker.defaultOf(topicKey.name)
                .map(name -> broker.definitions().configKeys().get(name))
                .map(this::ofBroker)
                .orElseGet(() ->
                        List.of(
                                new Synonym(
                                        topicKey.name,
                                        text(topicKey),
                                        ConfigSource.DEFAULT_CONFIG)));
    }

    /// Ordered by name.
    List<Setting> ofBroker() {
        return sorted(broker.definitions()).stream()
                .map(key -> setting(key, ofBroker(key), !broker.isDynamic(key.name)))
                .toList();
    }

    /// What is set for all brokers of the cluster, ordered by name.
    List<Setting> ofCluster() {
        Map<String, String> set = broker.ofCluster();
        return sorted(broker.definitions()).stream()
                .filter(key -> set.containsKey(key.name))
                .map(key -> own(key, set, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, List.of()))
                .toList();
    }

    /// Ordered by name, without those that Kafka does not show.
    ///
    /// @param explicit what the group sets itself
    List<Setting> ofGroup(Map<String, String> explicit) {
        return sorted(GroupConfig.CONFIG_DEF).stream()
                .filter(key -> !GroupConfig.isInternal(key.name))
                .map(key -> own(key, explicit, ConfigSource.GROUP_CONFIG, ofAllGroups(key)))
                .toList();
    }

    /// What a group has that sets nothing itself.
    private List<Synonym> ofAllGroups(ConfigDef.ConfigKey groupKey) {
        Optional<String> name = GroupConfig.brokerSynonym(groupKey.name);
        return name.map(broker.definitions().configKeys()::get)
                .map(this::ofBroker)
                .orElseGet(() -> {
                    ConfigDef.ConfigKey key = name.flatMap(SettingsView::ofKafka).orElse(groupKey);
                    return List.of(new Synonym(key.name, text(key), ConfigSource.DEFAULT_CONFIG));
                });
    }

    /// A setting of Kafka's brokers about groups that are not served here.
    private static Optional<ConfigDef.ConfigKey> ofKafka(String name) {
        return Stream.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)
                .map(definitions -> definitions.configKeys().get(name))
                .filter(Objects::nonNull)
                .findFirst();
    }

    private List<Synonym> ofBroker(ConfigDef.ConfigKey key) {
        List<Synonym> synonyms = new ArrayList<>();
        for (BrokerConfigs.Source set : broker.set(key.name)) {
            synonyms.add(new Synonym(key.name, set.value(), set.source()));
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
