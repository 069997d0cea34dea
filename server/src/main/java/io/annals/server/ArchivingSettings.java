package io.annals.server;

import static io.annals.server.SettingDefinitions.MIB;

import io.annals.archive.ArchiveSweeper;
import io.annals.archive.DiskCache;
import io.annals.archive.ObjectClaims;
import io.annals.archive.RangeCache;
import io.annals.indexer.ArchiverSettings;
import io.annals.indexer.SplitWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// Settings of making archive objects, reading them, and deleting what nobody refers to.
final class ArchivingSettings {
    private static final String ARCHIVE_INTERVAL_MS = "annals.archive.interval.ms";
    private static final String RETRY_BACKOFF_MAX_MS = "annals.archive.retry.backoff.max.ms";
    private static final String ARCHIVE_THREADS = "annals.archive.threads";
    private static final String INDEX_RAM_BYTES = "annals.index.ram.bytes";
    private static final String SWEEP_INTERVAL_MS = "annals.sweep.interval.ms";
    private static final String SWEEP_GRACE_MS = "annals.sweep.grace.ms";
    private static final String REPLACED_GRACE_MS = "annals.sweep.replaced.grace.ms";
    private static final String REGISTRY_HISTORY_MS = "annals.registry.history.ms";
    private static final String LEASE_MS = "annals.archive.lease.ms";
    private static final String ARCHIVE_READS = "annals.archive.read.parallelism";
    private static final String TAIL_CACHE_BYTES = "annals.archive.cache.tail.bytes";
    private static final String CHUNK_CACHE_BYTES = "annals.archive.cache.chunk.bytes";
    private static final String DISK_CACHE_BYTES = "annals.archive.cache.disk.bytes";
    private static final String DISK_CACHE_DIR = "annals.archive.cache.disk.dir";

    private ArchivingSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Archiving");
        definitions.number(
                ARCHIVE_INTERVAL_MS,
                30_000,
                100,
                3_600_000,
                "Sealed WAL segments are looked for at least this often, beside the moment they are"
                        + " sealed.");
        definitions.number(
                RETRY_BACKOFF_MAX_MS,
                60_000,
                100,
                3_600_000,
                "The longest wait after archiving failed; the first is a second, and each further"
                        + " one twice as long.");
        definitions.integer(
                ARCHIVE_THREADS,
                0,
                0,
                256,
                "Threads that make archive objects; 0 is one less than there are processors.");
        definitions.number(
                INDEX_RAM_BYTES,
                256 * MIB,
                16 * MIB,
                1900 * MIB,
                "Memory for one index split in the making, per thread.");
        definitions.number(
                SWEEP_INTERVAL_MS,
                3_600_000,
                1_000,
                Long.MAX_VALUE,
                "Objects that no kept generation refers to are deleted this often.");
        definitions.number(
                SWEEP_GRACE_MS,
                3_600_000,
                0,
                Long.MAX_VALUE,
                "Objects younger than this are never swept.");
        definitions.number(
                REPLACED_GRACE_MS,
                600_000,
                0,
                Long.MAX_VALUE,
                "Objects that were merged, compacted or retired stay for at least this long, so that"
                        + " whoever reads them is not disturbed, even if the registry's history is"
                        + " shorter.");
        definitions.number(
                REGISTRY_HISTORY_MS,
                7 * 86_400_000L,
                0,
                Long.MAX_VALUE,
                "How far back older generations of the registry can be searched.");
        definitions.number(
                LEASE_MS,
                30_000,
                500,
                600_000,
                "A server that writes shows a sign of life in the archive three times as often. Of one"
                        + " that shows none for this long, another server may take the archive.");
        defineReads(definitions);
    }

    private static void defineReads(SettingDefinitions definitions) {
        definitions.integer(
                ARCHIVE_READS,
                32,
                1,
                1024,
                "Fetches that read from the object store at the same time; more wait.");
        definitions.number(
                TAIL_CACHE_BYTES,
                128 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Memory for the tables of contents of opened archive objects.");
        definitions.number(
                CHUNK_CACHE_BYTES,
                384 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Memory for unpacked chunks of archive objects.");
        definitions.number(
                DISK_CACHE_BYTES,
                0,
                0,
                Long.MAX_VALUE,
                "Room on a local disk for what was read of archive objects, kept over restarts; 0"
                        + " is no such cache. Worth it where the archive is in S3: beside local"
                        + " files it would be a second copy, and the room may be what the hot tier"
                        + " needs.");
        definitions.text(
                DISK_CACHE_DIR,
                "",
                new SettingValidators.Folder(),
                "Folder of that cache, for nothing else; `cache` in the data directory if empty.");
    }

    static ArchiverSettings of(Settings settings, Path work) {
        ArchiverSettings defaults = ArchiverSettings.defaults(work, Node.PROGRAM);
        int threads = settings.orElse(ARCHIVE_THREADS, defaults.threads());
        SplitWriter.Options split = defaults.split();
        return new ArchiverSettings(
                work,
                settings.millis(ARCHIVE_INTERVAL_MS),
                threads,
                threads + 1,
                defaults.backoffMin(),
                settings.millis(RETRY_BACKOFF_MAX_MS),
                new SplitWriter.Options(
                        split.limits(),
                        settings.number(INDEX_RAM_BYTES),
                        SettingDefinitions.LARGEST_BATCH_BYTES,
                        split.deflateLevel(),
                        split.producer()));
    }

    static ArchiveSweeper.Settings sweeper(Settings settings, ObjectClaims claims) {
        return new ArchiveSweeper.Settings(
                settings.millis(SWEEP_GRACE_MS),
                settings.millis(REGISTRY_HISTORY_MS),
                settings.millis(REPLACED_GRACE_MS),
                claims);
    }

    static Duration sweepInterval(Settings settings) {
        return settings.millis(SWEEP_INTERVAL_MS);
    }

    static Duration lease(Settings settings) {
        return settings.millis(LEASE_MS);
    }

    static int reads(Settings settings) {
        return settings.integer(ARCHIVE_READS);
    }

    static long tailCacheBytes(Settings settings) {
        return settings.number(TAIL_CACHE_BYTES);
    }

    /// @throws StartException if its folder cannot be used
    static RangeCache diskCache(Settings settings) throws StartException {
        long bytes = settings.number(DISK_CACHE_BYTES);
        if (bytes == 0) {
            return RangeCache.NONE;
        }
        String chosen = settings.text(DISK_CACHE_DIR);
        Path folder =
                chosen.isEmpty() ? settings.dataDirectory().resolve("cache") : Path.of(chosen);
        try {
            return DiskCache.open(folder, bytes);
        } catch (IOException e) {
            throw new StartException(
                    StartException.Reason.DATA_DIRECTORY_UNUSABLE,
                    "the disk cache cannot be used: " + e.getMessage(),
                    e);
        }
    }

    static long chunkCacheBytes(Settings settings) {
        return settings.number(CHUNK_CACHE_BYTES);
    }
}
