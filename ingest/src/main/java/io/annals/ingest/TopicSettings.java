package io.annals.ingest;

import io.annals.wal.FsyncMode;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.config.AbstractConfig;

/// The settings of one topic, parsed: what it set itself, then the server's defaults.
///
/// @param maxMessageBytes largest record batch, as sent
/// @param logAppendTime records get the time of their append instead of the producer's
/// @param timestampBeforeMaxMs how far a timestamp may lie behind the server's clock
/// @param timestampAfterMaxMs how far a timestamp may lie ahead of it
/// @param fsyncMode when an append is acknowledged
/// @param indexed whether the topic can be searched
/// @param compacted whether only the latest record of each key is kept, so that each needs a key
/// @param onlyCompacted and nothing else is ever deleted
public record TopicSettings(
        int maxMessageBytes,
        boolean logAppendTime,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        FsyncMode fsyncMode,
        boolean indexed,
        boolean compacted,
        boolean onlyCompacted) {

    /// One that is not compacted.
    public TopicSettings(
            int maxMessageBytes,
            boolean logAppendTime,
            long timestampBeforeMaxMs,
            long timestampAfterMaxMs,
            FsyncMode fsyncMode,
            boolean indexed) {
        this(
                maxMessageBytes,
                logAppendTime,
                timestampBeforeMaxMs,
                timestampAfterMaxMs,
                fsyncMode,
                indexed,
                false,
                false);
    }

    static TopicSettings of(AbstractConfig config) {
        List<String> cleanup = config.getList(TopicSettingDefinitions.CLEANUP_POLICY);
        return new TopicSettings(
                config.getInt(TopicSettingDefinitions.MAX_MESSAGE_BYTES),
                "LogAppendTime"
                        .equals(config.getString(TopicSettingDefinitions.MESSAGE_TIMESTAMP_TYPE)),
                config.getLong(TopicSettingDefinitions.MESSAGE_TIMESTAMP_BEFORE_MAX_MS),
                config.getLong(TopicSettingDefinitions.MESSAGE_TIMESTAMP_AFTER_MAX_MS),
                FsyncMode.valueOf(
                        config.getString(TopicSettingDefinitions.FSYNC).toUpperCase(Locale.ROOT)),
                config.getBoolean(TopicSettingDefinitions.INDEX_ENABLE),
                cleanup.contains(TopicSettingDefinitions.COMPACT),
                cleanup.equals(List.of(TopicSettingDefinitions.COMPACT)));
    }
}
