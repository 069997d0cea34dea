package io.annals.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The settings of this broker, those among them that clients change while it runs (KIP-226) with
/// what they are now. The first that is there wins: set for this broker, set for all brokers of the
/// cluster, given at the start, the default. Where changes are kept is not known here.
///
/// Thread-safe; reading does not block.
public final class BrokerConfigs {
    private static final Logger logger = LoggerFactory.getLogger(BrokerConfigs.class);

    private final IngestConfig config;
    private final IngestConfig.BrokerSettings broker;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Changed changed = new Changed(Map.of(), Map.of());

    /// What was set while the server runs.
    private record Changed(Map<String, String> ofThis, Map<String, String> ofCluster) {}

    /// A value, and whose it is.
    record Source(String value, ConfigSource source) {}

    BrokerConfigs(IngestConfig config) {
        this.config = config;
        this.broker = config.broker();
    }

    /// All there are.
    ConfigDef definitions() {
        return broker.definitions();
    }

    boolean isDynamic(String name) {
        return broker.dynamic().contains(name);
    }

    /// What was set of it, the first is in force; empty if it has its default.
    List<Source> set(String name) {
        List<Source> sources = new ArrayList<>();
        Changed now = changed;
        add(sources, now.ofThis().get(name), ConfigSource.DYNAMIC_BROKER_CONFIG);
        add(sources, now.ofCluster().get(name), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        add(sources, broker.explicit().get(name), ConfigSource.STATIC_BROKER_CONFIG);
        return sources;
    }

    private static void add(List<Source> sources, @Nullable String value, ConfigSource source) {
        if (value != null) {
            sources.add(new Source(value, source));
        }
    }

    /// What is set for all brokers of the cluster.
    Map<String, String> ofCluster() {
        return changed.ofCluster();
    }

    /// The server setting that is the default of a topic setting.
    Optional<String> defaultOf(String topicSetting) {
        return Optional.ofNullable(broker.topicDefaults().get(topicSetting));
    }

    /// What topics have now that do not set it themselves, by topic setting name.
    public Map<String, String> topicDefaults() {
        return topicDefaults(changed);
    }

    private Map<String, String> topicDefaults(Changed now) {
        Map<String, String> defaults = new HashMap<>(config.topicDefaults());
        broker.topicDefaults()
                .forEach((topicSetting, name) ->
                        dynamic(now, name).ifPresent(value -> defaults.put(topicSetting, value)));
        return defaults;
    }

    private static Optional<String> dynamic(Changed now, String name) {
        return Optional.ofNullable(now.ofThis().get(name))
                .or(() -> Optional.ofNullable(now.ofCluster().get(name)));
    }

    /// What a number that can be changed is now.
    ///
    /// @param atStart what it is as long as nobody changes it
    public int integer(String name, int atStart) {
        return dynamic(changed, name).map(value -> Integer.parseInt(value.strip())).orElse(atStart);
    }

    /// Why these cannot be all that is set, for this broker or for all; empty if they can.
    ///
    /// @param isCluster for all brokers of the cluster
    Optional<ConfigException> refusal(boolean isCluster, Map<String, String> wanted) {
        try {
            wanted.forEach(this::check);
            TopicRules.checkDefaults(topicDefaults(with(isCluster, wanted)));
            return Optional.empty();
        } catch (ConfigException invalid) {
            return Optional.of(invalid);
        }
    }

    private void check(String name, String value) {
        ConfigDef.ConfigKey key = broker.definitions().configKeys().get(name);
        if (key == null || !isDynamic(name)) {
            throw new ConfigException(name, value, "It cannot be changed while the server runs.");
        }
        Object parsed = ConfigDef.parseType(name, value, key.type);
        if (key.validator != null) {
            key.validator.ensureValid(name, parsed);
        }
    }

    private Changed with(boolean isCluster, Map<String, String> configs) {
        Changed now = changed;
        return isCluster
                ? new Changed(now.ofThis(), Map.copyOf(configs))
                : new Changed(Map.copyOf(configs), now.ofCluster());
    }

    /// Uses these from now on. Of what an earlier version kept, what is not allowed any more is
    /// left out, with a warning.
    ///
    /// @param isCluster for all brokers of the cluster
    /// @param configs all that is set for it
    void apply(boolean isCluster, Map<String, String> configs) {
        Map<String, String> allowed = new HashMap<>();
        configs.forEach((name, value) -> {
            try {
                check(name, value);
                allowed.put(name, value);
            } catch (ConfigException invalid) {
                logger.warn("a setting that was kept is left out: {}", invalid.getMessage());
            }
        });
        changed = with(isCluster, allowed);
        listeners.forEach(Runnable::run);
    }

    /// Adds someone who runs after each change, on the thread that made it; must not fail.
    public void addListener(Runnable listener) {
        listeners.add(listener);
    }
}
