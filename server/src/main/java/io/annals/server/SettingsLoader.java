package io.annals.server;

import io.annals.ingest.group.GroupSettings;
import io.annals.protocol.HostAndPort;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;

/// Gathers settings from a file, the environment and flags, and validates them together. A later
/// source overrides an earlier one, so call [#file], [#environment], [#flag] in that order.
///
/// Nothing is ignored: a name that is not a setting is an error that proposes the nearest one.
public final class SettingsLoader {
    /// Variables that start like settings but belong to the launcher, the command line, the tests.
    private static final Set<String> NOT_SETTINGS =
            Set.of(
                    "ANNALS_HEAP",
                    "ANNALS_JVM_OPTS",
                    "ANNALS_BUILD",
                    "ANNALS_SERVER",
                    "ANNALS_BOOTSTRAP");

    private static final String TEST_VARIABLES = "ANNALS_TEST_";

    private final ConfigDef definitions = SettingDefinitions.all();
    private final Map<String, Given> given = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private OptionalInt kafkaPort = OptionalInt.empty();

    /// Reads a `.properties` file.
    ///
    /// @throws StartException if it cannot be read or is not a properties file
    public SettingsLoader file(Path file) throws StartException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new StartException(
                    StartException.Reason.SETTINGS_UNREADABLE,
                    "cannot read the settings file %s: %s".formatted(file, e),
                    e);
        }
        new TreeMap<>(properties)
                .forEach((name, value) -> put(name.toString(), value.toString(), file.toString()));
        return this;
    }

    /// Takes every `ANNALS_...` variable.
    public SettingsLoader environment(Map<String, String> environment) {
        Map<String, String> settings = new TreeMap<>();
        for (String name : definitions.names()) {
            settings.put(SettingDefinitions.environmentVariable(name), name);
        }
        new TreeMap<>(environment)
                .forEach((variable, value) -> {
                    String setting = settings.get(variable);
                    if (setting != null) {
                        put(setting, value, "environment variable " + variable);
                    } else if (isMeantAsSetting(variable)) {
                        problems.add(
                                "unknown environment variable %s; did you mean %s?"
                                        .formatted(
                                                variable, Nearest.to(variable, settings.keySet())));
                    }
                });
        return this;
    }

    /// @param flag as the user typed it, for messages
    public SettingsLoader flag(String name, String value, String flag) {
        put(name, value, flag);
        return this;
    }

    /// Replaces the port of the first of `listeners`, wherever that came from.
    public SettingsLoader kafkaPort(int port) {
        kafkaPort = OptionalInt.of(port);
        return this;
    }

    public SettingsLoader dataDirectory(Path directory) {
        return flag(FrontDoorSettings.DATA_DIR, directory.toString(), "--data-dir");
    }

    public SettingsLoader httpPort(int port) {
        return flag(FrontDoorSettings.HTTP_PORT, Integer.toString(port), "--http-port");
    }

    public Settings load() throws InvalidSettingsException {
        Map<String, String> raw = new LinkedHashMap<>();
        given.forEach((name, one) -> raw.put(name, one.value()));
        Map<String, Object> values = new LinkedHashMap<>();
        for (ConfigValue value : definitions.validate(raw)) {
            Optional<Given> source = Optional.ofNullable(given.get(value.name()));
            if (!value.errorMessages().isEmpty() && source.isPresent()) {
                problems.add(invalid(value, source.get()));
            } else {
                values.put(value.name(), value.value());
            }
        }
        if (problems.isEmpty()) {
            overridePort(values);
        }
        if (problems.isEmpty()) {
            problems.addAll(
                    new ListenerRules(
                                    text(values, FrontDoorSettings.LISTENERS),
                                    text(values, FrontDoorSettings.ADVERTISED_LISTENERS),
                                    text(values, FrontDoorSettings.LISTENER_PROTOCOLS))
                            .problems());
            checkGroups(values);
            problems.addAll(new ArchiveStoreSettings(values).problems());
            problems.addAll(HotTierSettings.problems(values));
        }
        if (!problems.isEmpty()) {
            throw new InvalidSettingsException(problems);
        }
        Map<String, String> explicit = new LinkedHashMap<>();
        given.forEach((name, one) -> explicit.put(name, one.value()));
        return new Settings(values, explicit);
    }

    private void overridePort(Map<String, Object> values) {
        if (kafkaPort.isEmpty()) {
            return;
        }
        int port = kafkaPort.getAsInt();
        if (port < 0 || port > ListenerValidator.MAX_PORT) {
            problems.add(
                    "invalid port %d (from --kafka-port); allowed: 0 to %d"
                            .formatted(port, ListenerValidator.MAX_PORT));
            return;
        }
        List<ListenerValidator.Named> listeners =
                new ArrayList<>(ListenerValidator.parse(text(values, FrontDoorSettings.LISTENERS)));
        ListenerValidator.Named first = listeners.getFirst();
        listeners.set(
                0,
                new ListenerValidator.Named(
                        first.name(), new HostAndPort(first.address().host(), port)));
        values.put(FrontDoorSettings.LISTENERS, ListenerValidator.format(listeners));
    }

    /// Bounds of one group setting are other group settings.
    private void checkGroups(Map<String, Object> values) {
        Map<String, Object> group = new LinkedHashMap<>();
        for (String name : GroupSettings.definitions().keySet()) {
            if (given.containsKey(name)) {
                group.put(name, values.get(name));
            }
        }
        if (!group.isEmpty()) {
            try {
                new GroupSettings(group).check();
            } catch (IllegalArgumentException invalid) {
                problems.add("invalid group settings: " + invalid.getMessage());
            }
        }
    }

    private static String text(Map<String, Object> values, String name) {
        return String.valueOf(values.get(name));
    }

    private void put(String name, String value, String origin) {
        if (definitions.names().contains(name)) {
            given.put(name, new Given(value.strip(), origin));
        } else {
            problems.add(
                    "unknown setting %s (from %s); did you mean %s?"
                            .formatted(name, origin, Nearest.to(name, definitions.names())));
        }
    }

    private String invalid(ConfigValue value, Given source) {
        return "invalid setting %s = %s (from %s); allowed: %s"
                .formatted(
                        value.name(),
                        source.value().isEmpty() ? "(empty)" : source.value(),
                        source.origin(),
                        SettingsReference.allowed(definitions.configKeys().get(value.name())));
    }

    private static boolean isMeantAsSetting(String variable) {
        return variable.startsWith("ANNALS_")
                && !variable.startsWith(TEST_VARIABLES)
                && !NOT_SETTINGS.contains(variable);
    }

    private record Given(String value, String origin) {}
}
