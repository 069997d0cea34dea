package io.annals.server;

import static io.annals.server.SettingDefinitions.MIB;

import io.annals.ingest.IngestConfig;
import io.annals.ingest.internal.InternalTopic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.TopicConfig;

/// Settings of what topics are like that do not say it themselves, the internal ones among them.
final class TopicDefaults {
    private static final String AUTO_CREATE_TOPICS = "auto.create.topics.enable";
    private static final String NUM_PARTITIONS = "num.partitions";
    private static final String OFFSETS_PARTITIONS = "offsets.topic.num.partitions";
    private static final String TRANSACTION_STATE_PARTITIONS =
            "transaction.state.log.num.partitions";
    private static final String MESSAGE_MAX_BYTES = "message.max.bytes";
    private static final String TIMESTAMP_TYPE = "log.message.timestamp.type";
    private static final String TIMESTAMP_BEFORE_MAX_MS = "log.message.timestamp.before.max.ms";
    private static final String TIMESTAMP_AFTER_MAX_MS = "log.message.timestamp.after.max.ms";
    private static final String DECOMPRESSED_MAX_BYTES = "annals.batch.max.decompressed.bytes";

    /// Which server setting is the default of which topic setting.
    private static final Map<String, String> TOPIC_SETTINGS =
            Map.of(
                    MESSAGE_MAX_BYTES,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    TIMESTAMP_TYPE,
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    TIMESTAMP_BEFORE_MAX_MS,
                    TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
                    TIMESTAMP_AFTER_MAX_MS,
                    TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
                    ArchiveUpkeepSettings.RETENTION_MS,
                    TopicConfig.RETENTION_MS_CONFIG,
                    ArchiveUpkeepSettings.RETENTION_BYTES,
                    TopicConfig.RETENTION_BYTES_CONFIG,
                    HotTierSettings.LOCAL_RETENTION_MS,
                    TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG,
                    HotTierSettings.LOCAL_RETENTION_BYTES,
                    TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG,
                    HotTierSettings.FSYNC,
                    "annals.fsync");

    private TopicDefaults() {}

    static void define(SettingDefinitions definitions) {
        defineTopics(definitions);
        defineInternalTopics(definitions);
    }

    private static void defineTopics(SettingDefinitions definitions) {
        definitions.section("Topics");
        definitions.flag(
                AUTO_CREATE_TOPICS, true, "Create a topic when a client first asks for it.");
        definitions.integer(
                NUM_PARTITIONS,
                1,
                1,
                10_000,
                "Partitions of a topic that is created without a number.");
        definitions.integer(
                MESSAGE_MAX_BYTES,
                1_048_588,
                1024,
                100 * MIB,
                "Largest record batch, as compressed by the producer. Per topic:"
                        + " `max.message.bytes`.");
        definitions.integer(
                DECOMPRESSED_MAX_BYTES,
                SettingDefinitions.LARGEST_BATCH_BYTES,
                MIB,
                SettingDefinitions.LARGEST_BATCH_BYTES,
                "Bound of one batch's records when decompressed; what would be larger is refused.");
        definitions.choice(
                TIMESTAMP_TYPE,
                List.of("CreateTime", "LogAppendTime"),
                "Whether a record keeps its producer's timestamp or gets the time of its append."
                        + " Per topic: `message.timestamp.type`.");
        definitions.number(
                TIMESTAMP_BEFORE_MAX_MS,
                Long.MAX_VALUE,
                0,
                Long.MAX_VALUE,
                "How far a record's timestamp may lie behind the server's clock. Per topic:"
                        + " `message.timestamp.before.max.ms`.");
        definitions.number(
                TIMESTAMP_AFTER_MAX_MS,
                3_600_000,
                0,
                Long.MAX_VALUE,
                "How far a record's timestamp may lie ahead of the server's clock. Per topic:"
                        + " `message.timestamp.after.max.ms`.");
    }

    private static void defineInternalTopics(SettingDefinitions definitions) {
        definitions.section("Internal topics");
        definitions.integer(
                OFFSETS_PARTITIONS,
                50,
                1,
                10_000,
                "Partitions of `__consumer_offsets`. Read when that topic is made, on first use;"
                        + " fixed from then on.");
        definitions.integer(
                TRANSACTION_STATE_PARTITIONS,
                50,
                1,
                10_000,
                "Partitions of `__transaction_state`. Read when that topic is made, on first use;"
                        + " fixed from then on.");
    }

    static IngestConfig ingest(Settings settings, String clusterId) {
        return new IngestConfig(
                clusterId,
                FrontDoorSettings.nodeId(settings),
                settings.isOn(AUTO_CREATE_TOPICS),
                settings.integer(NUM_PARTITIONS),
                of(settings),
                settings.integer(DECOMPRESSED_MAX_BYTES),
                HotTierSettings.throttleFrom(settings),
                HotTierSettings.throttleMax(settings),
                new IngestConfig.BrokerSettings(
                        SettingDefinitions.all(),
                        settings.explicit(),
                        serverSettings(),
                        SettingDefinitions.dynamic()));
    }

    /// What topics have that do not set it themselves, by topic setting name.
    static Map<String, String> of(Settings settings) {
        Map<String, String> defaults = new LinkedHashMap<>();
        TOPIC_SETTINGS.forEach(
                (server, topic) -> defaults.put(topic, String.valueOf(settings.value(server))));
        return defaults;
    }

    /// Names of the server settings that are defaults of topic settings.
    static Set<String> names() {
        return TOPIC_SETTINGS.keySet();
    }

    /// The server setting that is the default of a topic setting, by topic setting.
    private static Map<String, String> serverSettings() {
        return TOPIC_SETTINGS.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
    }

    /// How many partitions each internal topic gets when it is made.
    static Map<InternalTopic, Integer> internalTopics(Settings settings) {
        return Map.of(
                InternalTopic.CONSUMER_OFFSETS,
                settings.integer(OFFSETS_PARTITIONS),
                InternalTopic.TRANSACTION_STATE,
                settings.integer(TRANSACTION_STATE_PARTITIONS));
    }
}
