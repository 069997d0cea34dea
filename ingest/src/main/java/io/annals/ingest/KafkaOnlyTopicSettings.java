package io.annals.ingest;

import static org.apache.kafka.common.config.ConfigDef.Importance.LOW;
import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/// Kafka's topic settings that say how Kafka keeps a log on its disks: tools set and compare them,
/// so they are validated, kept and described as in Kafka, and change nothing here.
///
/// A value that asks for something which will not happen is refused ([OnlyDefault]), so that
/// setting it is an error and not an empty promise.
final class KafkaOnlyTopicSettings {
    private static final long WEEK_MS = 7 * 24 * 3_600_000L;
    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    private KafkaOnlyTopicSettings() {}

    static void define(ConfigDef definitions) {
        forSegments(definitions);
        forReplicas(definitions);
        forCompression(definitions);
        forTiers(definitions);
    }

    private static void forSegments(ConfigDef definitions) {
        whole(
                definitions,
                TopicConfig.SEGMENT_BYTES_CONFIG,
                1 << 30,
                atLeast(1 << 20),
                TopicConfig.SEGMENT_BYTES_DOC);
        number(
                definitions,
                TopicConfig.SEGMENT_MS_CONFIG,
                WEEK_MS,
                atLeast(1),
                TopicConfig.SEGMENT_MS_DOC);
        number(
                definitions,
                TopicConfig.SEGMENT_JITTER_MS_CONFIG,
                0,
                atLeast(0),
                TopicConfig.SEGMENT_JITTER_MS_DOC);
        whole(
                definitions,
                TopicConfig.SEGMENT_INDEX_BYTES_CONFIG,
                10 << 20,
                atLeast(4),
                TopicConfig.SEGMENT_INDEX_BYTES_DOC);
        whole(
                definitions,
                TopicConfig.INDEX_INTERVAL_BYTES_CONFIG,
                4096,
                atLeast(0),
                TopicConfig.INDEX_INTERVAL_BYTES_DOC);
        number(
                definitions,
                TopicConfig.FILE_DELETE_DELAY_MS_CONFIG,
                60_000,
                atLeast(0),
                TopicConfig.FILE_DELETE_DELAY_MS_DOC);
        number(
                definitions,
                TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG,
                Long.MAX_VALUE,
                atLeast(1),
                TopicConfig.FLUSH_MESSAGES_INTERVAL_DOC);
        number(
                definitions,
                TopicConfig.FLUSH_MS_CONFIG,
                Long.MAX_VALUE,
                atLeast(0),
                TopicConfig.FLUSH_MS_DOC);
        flag(definitions, TopicConfig.PREALLOCATE_CONFIG, null, TopicConfig.PREALLOCATE_DOC);
    }

    private static void forReplicas(ConfigDef definitions) {
        whole(
                definitions,
                TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                1,
                atLeast(1),
                TopicConfig.MIN_IN_SYNC_REPLICAS_DOC);
        flag(
                definitions,
                TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
                null,
                TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_DOC);
        throttled(definitions, "leader.replication.throttled.replicas", "leader");
        throttled(definitions, "follower.replication.throttled.replicas", "follower");
        flag(
                definitions,
                TopicConfig.ERRORS_DEADLETTERQUEUE_GROUP_ENABLE_CONFIG,
                new OnlyDefault(false, "there are no dead letter queues"),
                TopicConfig.ERRORS_DEADLETTERQUEUE_GROUP_ENABLE_DOC);
    }

    private static void forCompression(ConfigDef definitions) {
        definitions.define(
                TopicConfig.COMPRESSION_GZIP_LEVEL_CONFIG,
                ConfigDef.Type.INT,
                -1,
                new GzipLevel(),
                LOW,
                TopicConfig.COMPRESSION_GZIP_LEVEL_DOC);
        whole(
                definitions,
                TopicConfig.COMPRESSION_LZ4_LEVEL_CONFIG,
                9,
                between(1, 17),
                TopicConfig.COMPRESSION_LZ4_LEVEL_DOC);
        whole(
                definitions,
                TopicConfig.COMPRESSION_ZSTD_LEVEL_CONFIG,
                3,
                between(-131_072, 22),
                TopicConfig.COMPRESSION_ZSTD_LEVEL_DOC);
        whole(
                definitions,
                TopicConfig.MAX_DECOMPRESSED_MESSAGE_BYTES_CONFIG,
                LARGEST_ARRAY,
                new OnlyDefault(
                        LARGEST_ARRAY,
                        "annals.batch.max.decompressed.bytes of the server bounds all topics"),
                TopicConfig.MAX_DECOMPRESSED_MESSAGE_BYTES_DOC);
    }

    private static void forTiers(ConfigDef definitions) {
        flag(
                definitions,
                TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG,
                null,
                TopicConfig.REMOTE_LOG_STORAGE_ENABLE_DOC);
        number(
                definitions,
                TopicConfig.REMOTE_COPY_LAG_MS_CONFIG,
                0,
                atLeast(-1),
                TopicConfig.REMOTE_COPY_LAG_MS_DOC);
        number(
                definitions,
                TopicConfig.REMOTE_COPY_LAG_BYTES_CONFIG,
                -1,
                atLeast(-1),
                TopicConfig.REMOTE_COPY_LAG_BYTES_DOC);
        flag(
                definitions,
                TopicConfig.REMOTE_LOG_COPY_DISABLE_CONFIG,
                new OnlyDefault(false, "every topic is archived"),
                TopicConfig.REMOTE_LOG_COPY_DISABLE_DOC);
        flag(
                definitions,
                TopicConfig.REMOTE_LOG_DELETE_ON_DISABLE_CONFIG,
                new OnlyDefault(false, "archiving cannot be switched off"),
                TopicConfig.REMOTE_LOG_DELETE_ON_DISABLE_DOC);
    }

    private static void whole(
            ConfigDef definitions,
            String name,
            int preset,
            ConfigDef.Validator validator,
            String documentation) {
        definitions.define(name, ConfigDef.Type.INT, preset, validator, LOW, documentation);
    }

    private static void number(
            ConfigDef definitions,
            String name,
            long preset,
            ConfigDef.Validator validator,
            String documentation) {
        definitions.define(name, ConfigDef.Type.LONG, preset, validator, LOW, documentation);
    }

    /// False by default.
    private static void flag(
            ConfigDef definitions,
            String name,
            ConfigDef.@Nullable Validator validator,
            String documentation) {
        definitions.define(name, ConfigDef.Type.BOOLEAN, false, validator, LOW, documentation);
    }

    private static void throttled(ConfigDef definitions, String name, String side) {
        definitions.define(
                name,
                ConfigDef.Type.LIST,
                List.of(),
                new ThrottledReplicas(),
                LOW,
                "A list of replicas for which log replication should be throttled on the %s side."
                                .formatted(side)
                        + " The list should describe a set of replicas in the form"
                        + " [PartitionId]:[BrokerId],[PartitionId]:[BrokerId]:... or alternatively"
                        + " the wildcard '*' can be used to throttle all replicas for this topic.");
    }

    /// Refuses every value but the default, with the reason.
    private record OnlyDefault(Object preset, String reason) implements ConfigDef.Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!preset.equals(value)) {
                throw new ConfigException(name, value, "Only the default is supported: " + reason);
            }
        }

        @Override
        public String toString() {
            return "only the default: " + reason;
        }
    }

    /// zlib's own default, or 1 to 9.
    private static final class GzipLevel implements ConfigDef.Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!(value instanceof Integer level) || level < -1 || level == 0 || level > 9) {
                throw new ConfigException(
                        name, value, "Value must be between 1 and 9 or equal to -1");
            }
        }

        @Override
        public String toString() {
            return "[1,...,9] or -1";
        }
    }

    /// `*`, or pairs of partition and broker.
    private static final class ThrottledReplicas implements ConfigDef.Validator {
        private static final Pattern PAIR = Pattern.compile("([0-9]+:[0-9]+)?");

        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!(value instanceof List<?> replicas)
                    || !(replicas.equals(List.of("*"))
                            || replicas.stream()
                                    .allMatch(pair ->
                                            PAIR.matcher(pair.toString().strip()).matches()))) {
                throw new ConfigException(
                        name,
                        value,
                        "%s must be the literal '*' or a list of replicas in the following format: %s"
                                .formatted(name, this));
            }
        }

        @Override
        public String toString() {
            return "[partitionId]:[brokerId],[partitionId]:[brokerId],...";
        }
    }
}
