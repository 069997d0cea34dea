package io.annals.server;

import static io.annals.server.SettingDefinitions.GIB;
import static io.annals.server.SettingDefinitions.KIB;
import static io.annals.server.SettingDefinitions.MIB;

import io.annals.indexer.UpkeepSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Settings of compacting, merging and expiring what is archived.
final class ArchiveUpkeepSettings {
    private static final String UPKEEP_INTERVAL_MS = "log.cleaner.backoff.ms";
    private static final String COMPACTION_KEY_BYTES = "log.cleaner.dedupe.buffer.size";
    private static final String RETENTION_INTERVAL_MS = "log.retention.check.interval.ms";
    static final String RETENTION_MS = "log.retention.ms";
    static final String RETENTION_BYTES = "log.retention.bytes";
    private static final String MERGE_FACTOR = "annals.merge.factor";
    private static final String MERGE_MAX_AGE_MS = "annals.merge.max.age.ms";
    private static final String MERGE_TARGET_BYTES = "annals.merge.target.bytes";

    private static final String MERGE_RECORD_SEGMENTS = "annals.merge.record.segments";
    private static final String UNLOCKED = "unlocked";
    private static final String ALWAYS = "always";
    private static final String NEVER = "never";

    private ArchiveUpkeepSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Upkeep of the archive");
        definitions.number(
                UPKEEP_INTERVAL_MS,
                15_000,
                100,
                Long.MAX_VALUE,
                "Topics are looked after this often: compacted and merged where that is due. After"
                        + " a longer look, the rest is as long.");
        definitions.number(
                COMPACTION_KEY_BYTES,
                128 * MIB,
                MIB,
                16 * GIB,
                "Memory for the keys of a compaction, 24 bytes a key and some room.");
        definitions.number(
                MERGE_TARGET_BYTES,
                512 * MIB,
                64 * KIB,
                64 * GIB,
                "Record segments are compacted and merged into ones of about this many bytes of"
                        + " batches.");
        definitions.integer(
                MERGE_FACTOR,
                10,
                2,
                1_000,
                "So many small record segments that follow each other become one, with one index.");
        definitions.number(
                MERGE_MAX_AGE_MS,
                86_400_000L, // 1 day
                0,
                Long.MAX_VALUE,
                "Record segments that are older than this do not wait for so many: neighbours become"
                        + " one as soon as that at least doubles the largest of them.");
        definitions.choice(
                MERGE_RECORD_SEGMENTS,
                List.of(UNLOCKED, ALWAYS, NEVER),
                "Whether record segments are merged together with their indexes, or indexes alone:"
                        + " `unlocked` is unless their bucket has an object lock, under which what was"
                        + " replaced would stay and cost.");
        definitions.number(
                RETENTION_INTERVAL_MS,
                300_000,
                1,
                Long.MAX_VALUE,
                "What is past its retention, or deleted, is looked for this often.");
        definitions.number(
                RETENTION_MS,
                -1,
                -1,
                Long.MAX_VALUE,
                "How long records are kept, by event time, if their topic does not say; -1 is"
                        + " forever.");
        definitions.number(
                RETENTION_BYTES,
                -1,
                -1,
                Long.MAX_VALUE,
                "How many bytes of a partition are kept, if its topic does not say; -1 is all.");
    }

    /// @param locked whether record segments are under a lock
    static UpkeepSettings of(
            Settings settings,
            Path work,
            Supplier<Map<String, String>> topicDefaults,
            boolean locked) {
        String records = settings.text(MERGE_RECORD_SEGMENTS);
        return new UpkeepSettings(
                work,
                settings.millis(UPKEEP_INTERVAL_MS),
                topicDefaults,
                settings.number(COMPACTION_KEY_BYTES),
                settings.millis(RETENTION_INTERVAL_MS),
                settings.integer(MERGE_FACTOR),
                settings.millis(MERGE_MAX_AGE_MS),
                records.equals(ALWAYS) || (records.equals(UNLOCKED) && !locked),
                settings.number(MERGE_TARGET_BYTES),
                ArchivingSettings.of(settings, work).split());
    }
}
