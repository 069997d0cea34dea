package io.annals.server;

import io.annals.ingest.group.GroupSettings;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Validator;

/// Every setting of the server: its name, type, default, bounds and meaning.
///
/// Kafka's names where Kafka has the setting, ours start with `annals.`. `docs/configuration.md` is
/// generated from here.
public final class SettingDefinitions {
    /// Where the command line looks for a server, too.
    public static final int DEFAULT_HTTP_PORT = 8080;

    static final long KIB = 1024;
    static final long MIB = 1024 * KIB;
    static final long GIB = 1024 * MIB;

    /// What every reader of batches can unpack: no larger batch may ever be accepted.
    static final int LARGEST_BATCH_BYTES = 128 * 1024 * 1024; // 128 MiB

    private static final String ENVIRONMENT_PREFIX = "ANNALS_";

    private final ConfigDef definitions = new ConfigDef();
    private String section = "";
    private int orderInSection;

    private SettingDefinitions() {}

    /// All settings, grouped by section, in the order of the reference.
    public static ConfigDef all() {
        SettingDefinitions builder = new SettingDefinitions();
        FrontDoorSettings.define(builder);
        TopicDefaults.define(builder);
        builder.include("Consumer groups", GroupSettings.definitions().values());
        TransactionSettings.define(builder);
        HotTierSettings.define(builder);
        ArchivingSettings.define(builder);
        builder.include("Archive store", ArchiveStoreSettings.definitions().configKeys().values());
        ReplicaSettings.define(builder);
        ArchiveUpkeepSettings.define(builder);
        SearchSettings.define(builder);
        QueryTopicSettings.define(builder);
        LoggingSettings.define(builder);
        return builder.definitions;
    }

    /// Names of those that clients may change while the server runs.
    static Set<String> dynamic() {
        Set<String> names = new TreeSet<>(TopicDefaults.names());
        names.addAll(FrontDoorSettings.DYNAMIC);
        return names;
    }

    /// The environment variable of a setting: upper case, dots as underscores, `ANNALS_` in front
    /// once.
    public static String environmentVariable(String setting) {
        String name = setting.toUpperCase(Locale.ROOT).replace('.', '_');
        return name.startsWith(ENVIRONMENT_PREFIX) ? name : ENVIRONMENT_PREFIX + name;
    }

    /// What is defined from here on belongs to it.
    void section(String title) {
        section = title;
    }

    /// Definitions of a component that has its own.
    private void include(String title, Collection<ConfigDef.ConfigKey> keys) {
        section(title);
        keys.forEach(key ->
                define(
                        key.name,
                        key.type,
                        key.defaultValue,
                        KafkaValidator.of(key),
                        KafkaValidator.plain(key.documentation)));
    }

    void integer(String name, long preset, long least, long most, String documentation) {
        define(
                name,
                ConfigDef.Type.INT,
                Math.toIntExact(preset),
                new SettingValidators.WholeNumber(least, most),
                documentation);
    }

    void number(String name, long preset, long least, long most, String documentation) {
        define(
                name,
                ConfigDef.Type.LONG,
                preset,
                new SettingValidators.WholeNumber(least, most),
                documentation);
    }

    /// From 0 to below 1.
    void share(String name, double preset, String documentation) {
        define(name, ConfigDef.Type.DOUBLE, preset, new SettingValidators.Share(), documentation);
    }

    void flag(String name, boolean preset, String documentation) {
        define(name, ConfigDef.Type.BOOLEAN, preset, new SettingValidators.Flag(), documentation);
    }

    /// The first choice is the default.
    void choice(String name, List<String> choices, String documentation) {
        text(name, choices.getFirst(), new SettingValidators.Choice(choices), documentation);
    }

    void text(String name, String preset, Validator validator, String documentation) {
        define(name, ConfigDef.Type.STRING, preset, validator, documentation);
    }

    private void define(
            String name,
            ConfigDef.Type type,
            Object preset,
            Validator validator,
            String documentation) {
        definitions.define(
                name,
                type,
                preset,
                validator,
                Importance.MEDIUM,
                documentation,
                section,
                orderInSection++,
                ConfigDef.Width.MEDIUM,
                name);
    }
}
