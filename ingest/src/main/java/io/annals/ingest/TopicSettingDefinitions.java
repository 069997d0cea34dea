package io.annals.ingest;

import static org.apache.kafka.common.config.ConfigDef.Importance.LOW;
import static org.apache.kafka.common.config.ConfigDef.Importance.MEDIUM;
import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ValidList;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.TopicConfig;

/// The settings a topic can have: name, type, default, bounds, meaning. Kafka's names where Kafka
/// has the setting, ours start with `annals.`. Those of Kafka that change nothing here are
/// [KafkaOnlyTopicSettings].
public final class TopicSettingDefinitions {
    static final String CLEANUP_POLICY = TopicConfig.CLEANUP_POLICY_CONFIG;
    static final String DELETE = TopicConfig.CLEANUP_POLICY_DELETE;
    static final String COMPACT = TopicConfig.CLEANUP_POLICY_COMPACT;
    static final String COMPRESSION_TYPE = TopicConfig.COMPRESSION_TYPE_CONFIG;
    static final String DELETE_RETENTION_MS = TopicConfig.DELETE_RETENTION_MS_CONFIG;
    static final String MIN_COMPACTION_LAG_MS = TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG;
    static final String MAX_COMPACTION_LAG_MS = TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG;
    static final String MIN_CLEANABLE_DIRTY_RATIO = TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG;
    public static final String RETENTION_MS = TopicConfig.RETENTION_MS_CONFIG;
    public static final String RETENTION_BYTES = TopicConfig.RETENTION_BYTES_CONFIG;
    static final String LOCAL_RETENTION_MS = TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG;
    static final String LOCAL_RETENTION_BYTES = TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG;
    public static final String MAX_MESSAGE_BYTES = TopicConfig.MAX_MESSAGE_BYTES_CONFIG;
    public static final String MESSAGE_TIMESTAMP_TYPE = TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;
    static final String MESSAGE_TIMESTAMP_BEFORE_MAX_MS =
            TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG;
    static final String MESSAGE_TIMESTAMP_AFTER_MAX_MS =
            TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG;
    public static final String FSYNC = "annals.fsync";
    public static final String INDEX_ENABLE = "annals.index.enable";

    private static final int LARGEST_MESSAGE_BYTES = 100 << 20; // 100 MiB

    private TopicSettingDefinitions() {}

    /// All of them, with the given defaults in place of the built-in ones.
    ///
    /// @param serverDefaults by topic setting name
    static ConfigDef with(Map<String, String> serverDefaults) {
        ConfigDef builtIn = builtIn();
        ConfigDef definitions = new ConfigDef();
        for (ConfigDef.ConfigKey key : builtIn.configKeys().values()) {
            Object value =
                    serverDefaults.containsKey(key.name)
                            ? ConfigDef.parseType(key.name, serverDefaults.get(key.name), key.type)
                            : key.defaultValue;
            definitions.define(
                    key.name, key.type, value, key.validator, key.importance, key.documentation);
        }
        for (String name : serverDefaults.keySet()) {
            if (!builtIn.names().contains(name)) {
                throw new IllegalArgumentException("no such topic setting: " + name);
            }
        }
        return definitions;
    }

    private static ConfigDef builtIn() {
        ConfigDef definitions = new ConfigDef();
        forRecords(definitions);
        forHistory(definitions);
        forHotTier(definitions);
        KafkaOnlyTopicSettings.define(definitions);
        return definitions;
    }

    private static void forRecords(ConfigDef definitions) {
        definitions
                .define(
                        MAX_MESSAGE_BYTES,
                        ConfigDef.Type.INT,
                        1_048_588, // Kafka's: 1 MiB and a batch header
                        ConfigDef.Range.between(0, LARGEST_MESSAGE_BYTES),
                        MEDIUM,
                        "Largest record batch, as compressed by the producer.")
                .define(
                        MESSAGE_TIMESTAMP_TYPE,
                        ConfigDef.Type.STRING,
                        "CreateTime",
                        ValidString.in("CreateTime", "LogAppendTime"),
                        MEDIUM,
                        "Whether a record keeps its producer's timestamp or gets the time of its"
                                + " append.")
                .define(
                        MESSAGE_TIMESTAMP_BEFORE_MAX_MS,
                        ConfigDef.Type.LONG,
                        Long.MAX_VALUE,
                        atLeast(0),
                        MEDIUM,
                        "How far a record's timestamp may lie behind the server's clock; records"
                                + " outside are refused.")
                .define(
                        MESSAGE_TIMESTAMP_AFTER_MAX_MS,
                        ConfigDef.Type.LONG,
                        3_600_000L, // 1 hour, Kafka's
                        atLeast(0),
                        MEDIUM,
                        "How far a record's timestamp may lie ahead of the server's clock; records"
                                + " outside are refused.")
                .define(
                        COMPRESSION_TYPE,
                        ConfigDef.Type.STRING,
                        "producer",
                        ValidString.in("producer"),
                        LOW,
                        "Batches are stored as the producer compressed them.")
                .define(
                        FSYNC,
                        ConfigDef.Type.STRING,
                        "always",
                        ValidString.in("always", "batch", "periodic"),
                        MEDIUM,
                        "When a record counts as written: always after an fsync that covers it,"
                                + " batch after an fsync that waits for bytes or milliseconds,"
                                + " periodic before the fsync.");
    }

    private static void forHistory(ConfigDef definitions) {
        definitions
                .define(
                        CLEANUP_POLICY,
                        ConfigDef.Type.LIST,
                        DELETE,
                        ValidList.in(DELETE, COMPACT),
                        MEDIUM,
                        "How history ends: delete disposes of what is past its retention,"
                                + " compact keeps the latest record of each key.")
                .define(
                        RETENTION_MS,
                        ConfigDef.Type.LONG,
                        -1L,
                        atLeast(-1),
                        MEDIUM,
                        "How long records are kept, by event time; -1 is forever.")
                .define(
                        RETENTION_BYTES,
                        ConfigDef.Type.LONG,
                        -1L,
                        atLeast(-1),
                        MEDIUM,
                        "How many bytes of a partition are kept; -1 is all.")
                .define(
                        DELETE_RETENTION_MS,
                        ConfigDef.Type.LONG,
                        86_400_000L, // 1 day, Kafka's
                        atLeast(0),
                        MEDIUM,
                        "How long a compacted topic keeps a record without a value after the first"
                                + " compaction that met it.")
                .define(
                        MIN_COMPACTION_LAG_MS,
                        ConfigDef.Type.LONG,
                        0L,
                        atLeast(0),
                        MEDIUM,
                        "Records younger than this are not compacted.")
                .define(
                        MAX_COMPACTION_LAG_MS,
                        ConfigDef.Type.LONG,
                        Long.MAX_VALUE,
                        atLeast(1),
                        MEDIUM,
                        "Records that were archived and are older than this are compacted, however"
                                + " few they are.")
                .define(
                        MIN_CLEANABLE_DIRTY_RATIO,
                        ConfigDef.Type.DOUBLE,
                        0.5,
                        ConfigDef.Range.between(0, 1),
                        MEDIUM,
                        "A compacted topic is compacted when more than this share of its archived"
                                + " bytes is new.")
                .define(
                        INDEX_ENABLE,
                        ConfigDef.Type.BOOLEAN,
                        true,
                        null,
                        MEDIUM,
                        "Whether records are indexed for search.");
    }

    private static void forHotTier(ConfigDef definitions) {
        definitions
                .define(
                        LOCAL_RETENTION_MS,
                        ConfigDef.Type.LONG,
                        -2L,
                        atLeast(-2),
                        MEDIUM,
                        "How long records that are archived stay in the hot tier, too, by event"
                                + " time; -2 is as long as they are kept at all, -1 forever, both"
                                + " as long as there is room.")
                .define(
                        LOCAL_RETENTION_BYTES,
                        ConfigDef.Type.LONG,
                        -2L,
                        atLeast(-2),
                        MEDIUM,
                        "How many bytes of a partition stay in the hot tier; -2 is as many as are"
                                + " kept at all, -1 all, both as long as there is room.");
    }
}
