package io.annals.server;

import io.annals.ingest.group.GroupSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// The valid settings of one node. Immutable.
///
/// The classes that define settings make of them the plain records that components get:
/// [FrontDoorSettings], [TopicDefaults], [HotTierSettings] and so on.
public final class Settings {
    private final Map<String, Object> values;
    private final Map<String, String> explicit;

    /// @param explicit what was set, as it was set
    Settings(Map<String, Object> values, Map<String, String> explicit) {
        this.values = Map.copyOf(values);
        this.explicit = Map.copyOf(explicit);
    }

    public Path dataDirectory() {
        return Path.of(text(FrontDoorSettings.DATA_DIR)).toAbsolutePath().normalize();
    }

    public String logLevel() {
        return LoggingSettings.level(this);
    }

    public boolean logsJson() {
        return LoggingSettings.isJson(this);
    }

    GroupSettings groups() {
        Map<String, Object> group = new LinkedHashMap<>();
        GroupSettings.definitions().keySet().forEach(name -> group.put(name, value(name)));
        return new GroupSettings(group);
    }

    ArchiveStoreSettings archiveStore() {
        return new ArchiveStoreSettings(values);
    }

    /// What was set, as it was set.
    Map<String, String> explicit() {
        return explicit;
    }

    String text(String name) {
        return (String) value(name);
    }

    int integer(String name) {
        return (Integer) value(name);
    }

    /// 0 stands for a default that depends on the machine.
    int orElse(String name, int preset) {
        int value = integer(name);
        return value == 0 ? preset : value;
    }

    long number(String name) {
        return (Long) value(name);
    }

    Duration millis(String name) {
        return Duration.ofMillis(number(name));
    }

    double share(String name) {
        return (Double) value(name);
    }

    boolean isOn(String name) {
        return (Boolean) value(name);
    }

    Object value(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no such setting: " + name);
        }
        return value;
    }
}
