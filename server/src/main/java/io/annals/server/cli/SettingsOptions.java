package io.annals.server.cli;

import io.annals.server.InvalidSettingsException;
import io.annals.server.Settings;
import io.annals.server.SettingsLoader;
import io.annals.server.StartException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The settings of a server, as the commands that work without one take them too.
final class SettingsOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings, as a properties file.")
    private Optional<Path> config = Optional.empty();

    @Option(names = "--data-dir", paramLabel = "DIR", description = "Same as annals.data.dir.")
    private Optional<Path> dataDirectory = Optional.empty();

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Any setting; repeatable.")
    private Map<String, String> set = new LinkedHashMap<>();

    /// Whether any of them was named.
    boolean isGiven() {
        return config.isPresent() || dataDirectory.isPresent() || !set.isEmpty();
    }

    Settings load() throws StartException, InvalidSettingsException {
        return loader().load();
    }

    /// For more flags.
    SettingsLoader loader() throws StartException {
        SettingsLoader loader = new SettingsLoader();
        if (config.isPresent()) {
            loader.file(config.get());
        }
        loader.environment(System.getenv());
        set.forEach((name, value) -> loader.flag(name, value, "--set"));
        dataDirectory.ifPresent(loader::dataDirectory);
        return loader;
    }
}
