package io.annals.server;

import io.annals.protocol.HostAndPort;
import io.annals.wal.FsyncMode;
import io.annals.wal.WalConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/// The valid settings of one node, and the plain records that its components get of them.
/// Immutable.
public final class Settings {
    private final Map<String, Object> values;

    Settings(Map<String, Object> values) {
        this.values = Map.copyOf(values);
    }

    public Path dataDirectory() {
        return Path.of(text(SettingDefinitions.DATA_DIR)).toAbsolutePath().normalize();
    }

    HostAndPort listener() {
        return ListenerValidator.parse(text(SettingDefinitions.LISTENERS));
    }

    HostAndPort httpListener() {
        return new HostAndPort(
                text(SettingDefinitions.HTTP_HOST), integer(SettingDefinitions.HTTP_PORT));
    }

    FsyncMode fsyncMode() {
        return FsyncMode.valueOf(text(SettingDefinitions.FSYNC).toUpperCase(Locale.ROOT));
    }

    WalConfig wal(Path directory) {
        return new WalConfig(
                directory,
                integer(SettingDefinitions.WAL_SHARDS),
                number(SettingDefinitions.SEGMENT_BYTES),
                millis(SettingDefinitions.ROLL_MS),
                number(SettingDefinitions.WAL_MAX_BYTES),
                number(SettingDefinitions.FSYNC_BATCH_BYTES),
                millis(SettingDefinitions.FSYNC_BATCH_MS),
                millis(SettingDefinitions.FLUSH_INTERVAL_MS));
    }

    public String logLevel() {
        return text(SettingDefinitions.LOG_LEVEL);
    }

    public boolean logsJson() {
        return text(SettingDefinitions.LOG_FORMAT).equals("json");
    }

    private String text(String name) {
        return (String) value(name);
    }

    private int integer(String name) {
        return (Integer) value(name);
    }

    private long number(String name) {
        return (Long) value(name);
    }

    private Duration millis(String name) {
        return Duration.ofMillis(number(name));
    }

    private Object value(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no such setting: " + name);
        }
        return value;
    }
}
