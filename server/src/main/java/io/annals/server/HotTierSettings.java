package io.annals.server;

import static io.annals.server.SettingDefinitions.GIB;
import static io.annals.server.SettingDefinitions.MIB;

import io.annals.indexer.LocalRetention;
import io.annals.wal.WalConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Settings of the write-ahead log: its bounds, and when a record in it is durable.
final class HotTierSettings {
    private static final String WAL_SHARDS = "annals.wal.shards";
    private static final String SEGMENT_BYTES = "log.segment.bytes";
    private static final String ROLL_MS = "log.roll.ms";
    private static final String WAL_MAX_BYTES = "annals.wal.max.bytes";
    private static final String THROTTLE_FROM = "annals.wal.throttle.from";
    private static final String THROTTLE_MAX_MS = "annals.wal.throttle.max.ms";
    private static final String KEEP_RATIO = "annals.wal.keep.ratio";
    static final String LOCAL_RETENTION_MS = "log.local.retention.ms";
    static final String LOCAL_RETENTION_BYTES = "log.local.retention.bytes";
    static final String FSYNC = "annals.wal.fsync";
    private static final String FSYNC_BATCH_BYTES = "annals.wal.fsync.batch.bytes";
    private static final String FSYNC_BATCH_MS = "annals.wal.fsync.batch.ms";
    private static final String FLUSH_INTERVAL_MS = "log.flush.interval.ms";

    private HotTierSettings() {}

    static void define(SettingDefinitions definitions) {
        defineBounds(definitions);
        defineLocalRetention(definitions);
        defineDurability(definitions);
    }

    private static void defineBounds(SettingDefinitions definitions) {
        definitions.section("Hot tier (write-ahead log)");
        definitions.integer(
                WAL_SHARDS,
                1,
                1,
                64,
                "Logs that are written side by side, each by one thread; a partition lives in"
                        + " exactly one.");
        definitions.number(
                SEGMENT_BYTES,
                256 * MIB,
                MIB,
                1920 * MIB,
                "A WAL segment is sealed, and archived at once, when it reaches this size.");
        definitions.number(
                ROLL_MS,
                30_000,
                100,
                Long.MAX_VALUE,
                "A WAL segment that holds records is sealed when its first one is this old.");
        definitions.number(
                WAL_MAX_BYTES,
                8 * GIB,
                4 * MIB,
                Long.MAX_VALUE,
                "Bound of the hot tier. If archiving does not keep up, producers are slowed and at"
                        + " this size refused with a retriable error; nothing is dropped.");
        definitions.share(
                THROTTLE_FROM, 0.8, "Share of that bound in use above which producers are slowed.");
        definitions.number(
                THROTTLE_MAX_MS,
                1_000,
                0,
                60_000,
                "The longest a producer is told to wait, just below the bound.");
    }

    private static void defineLocalRetention(SettingDefinitions definitions) {
        definitions.number(
                LOCAL_RETENTION_MS,
                -2,
                -2,
                Long.MAX_VALUE,
                "How long records that are archived stay in the hot tier, too, by event time, if"
                        + " their topic does not say; -2 is as long as they are kept at all, -1"
                        + " forever, both as long as there is room. Per topic:"
                        + " `local.retention.ms`.");
        definitions.number(
                LOCAL_RETENTION_BYTES,
                -2,
                -2,
                Long.MAX_VALUE,
                "How many bytes of a partition stay in the hot tier, if its topic does not say; -2"
                        + " is as many as are kept at all, -1 all, both as long as there is room."
                        + " Per topic: `local.retention.bytes`.");
        definitions.share(
                KEEP_RATIO,
                0.5,
                "Share of the hot tier's bound up to which archived records stay in it; the rest is"
                        + " for what is not archived yet, and must be free on the disk.");
    }

    private static void defineDurability(SettingDefinitions definitions) {
        definitions.section("Durability");
        definitions.choice(
                FSYNC,
                List.of("always", "batch", "periodic"),
                "When a record counts as written: `always` after an fsync that covers it"
                        + " (concurrent requests share one), `batch` after an fsync that waits for"
                        + " bytes or milliseconds, `periodic` before the fsync (as Kafka does; a"
                        + " crash of the machine can lose acknowledged records). Per topic:"
                        + " `annals.fsync`.");
        definitions.number(
                FSYNC_BATCH_BYTES, MIB, 1, GIB, "`batch`: fsync when this many bytes wait.");
        definitions.number(
                FSYNC_BATCH_MS,
                10,
                1,
                10_000,
                "`batch`: fsync when the oldest waiting request is this old.");
        definitions.number(
                FLUSH_INTERVAL_MS,
                1_000,
                1,
                600_000,
                "`periodic`: at most this long between two fsyncs.");
    }

    static WalConfig of(Settings settings, Path directory) {
        return new WalConfig(
                directory,
                settings.integer(WAL_SHARDS),
                settings.number(SEGMENT_BYTES),
                settings.millis(ROLL_MS),
                settings.number(WAL_MAX_BYTES),
                settings.number(FSYNC_BATCH_BYTES),
                settings.millis(FSYNC_BATCH_MS),
                settings.millis(FLUSH_INTERVAL_MS));
    }

    static LocalRetention.Settings localRetention(
            Settings settings, Supplier<Map<String, String>> topicDefaults) {
        long maxBytes = settings.number(WAL_MAX_BYTES);
        long keptBytes = (long) (maxBytes * settings.share(KEEP_RATIO));
        return new LocalRetention.Settings(topicDefaults, keptBytes, maxBytes - keptBytes);
    }

    /// What contradicts each other, by Kafka's rules.
    static List<String> problems(Map<String, Object> values) {
        List<String> problems = new ArrayList<>();
        checkLocal(values, LOCAL_RETENTION_MS, ArchiveUpkeepSettings.RETENTION_MS, problems);
        checkLocal(values, LOCAL_RETENTION_BYTES, ArchiveUpkeepSettings.RETENTION_BYTES, problems);
        return problems;
    }

    private static void checkLocal(
            Map<String, Object> values, String local, String whole, List<String> problems) {
        if (values.get(local) instanceof Long kept
                && values.get(whole) instanceof Long all
                && all >= 0
                && (kept == -1 || kept > all)) {
            problems.add(
                    "invalid setting %s = %d; allowed: -2, or at most %s, which is %d"
                            .formatted(local, kept, whole, all));
        }
    }

    static double throttleFrom(Settings settings) {
        return settings.share(THROTTLE_FROM);
    }

    static Duration throttleMax(Settings settings) {
        return settings.millis(THROTTLE_MAX_MS);
    }
}
