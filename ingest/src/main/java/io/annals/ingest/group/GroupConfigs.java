package io.annals.ingest.group;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/// The settings of single groups, by Kafka's rules: a group keeps to its own, within the bounds
/// that the server sets, and to the server's where it has none. Where they are kept is not known
/// here. Thread-safe.
public final class GroupConfigs {
    private final GroupCoordinatorConfig coordinator;
    private final ShareGroupConfig share = ShareGroupConfig.fromProps(Map.of());
    private final GroupConfigManager inForce;

    public GroupConfigs(GroupSettings settings) {
        this.coordinator = settings.parse();
        this.inForce = new GroupConfigManager(coordinator, share);
    }

    /// Why a group cannot have these settings, in Kafka's words; empty if it can.
    public Optional<ApiException> refusal(Map<String, String> wanted) {
        try {
            GroupConfig.validateNames(wanted);
            GroupConfig.validate(wanted, coordinator, share);
            return Optional.empty();
        } catch (ApiException refused) {
            return Optional.of(refused);
        } catch (ConfigException invalid) {
            return Optional.of(new InvalidConfigurationException(invalid.getMessage(), invalid));
        }
    }

    /// Lets the coordinator use these from now on, and none if there are none.
    public void apply(String group, Map<String, String> configs) {
        Properties properties = new Properties();
        properties.putAll(configs);
        inForce.updateGroupConfig(group, properties);
    }

    /// What the coordinator asks.
    GroupConfigManager inForce() {
        return inForce;
    }
}
