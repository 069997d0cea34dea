package io.annals.server;

import io.annals.archive.CachedTars;
import io.annals.archive.MeteredObjectStore;
import io.annals.archive.RangeCache;
import io.annals.archive.ReadPurpose;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// What the archive asks of its object store, why, and what its caches spare it. Thread-safe.
final class ArchiveReadMetrics {
    private static final double NANOS = 1e9;

    private final MeterRegistry registry;

    ArchiveReadMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /// Everything that is asked of the store, by whomever.
    void watch(MeteredObjectStore store) {
        for (MeteredObjectStore.Operation operation : MeteredObjectStore.Operation.values()) {
            String tag = lowerCase(operation);
            operation("operations", "calls", tag, store, of -> of.counts(operation).calls());
            operation(
                    "failures",
                    "calls that failed, those for a missing object among them",
                    tag,
                    store,
                    of -> of.counts(operation).failures());
            operation(
                    "bytes",
                    "bytes read, or created",
                    tag,
                    store,
                    of -> of.counts(operation).bytes());
            operation(
                    "seconds",
                    "time that callers waited",
                    tag,
                    store,
                    of -> of.counts(operation).nanos() / NANOS);
        }
    }

    /// The lease on the archive, and what it costs; its requests are among those of the store.
    void watch(ArchiveOwner owner) {
        Gauge.builder("annals.archive.lease.epoch", owner, o -> o.lease().epoch())
                .description("so many times the archive was taken by some start of a server")
                .register(registry);
        Gauge.builder("annals.archive.fenced", owner, o -> o.fenced().isPresent() ? 1 : 0)
                .description("1 once another server took the archive")
                .register(registry);
        Gauge.builder(
                        "annals.archive.lease.age.ms",
                        owner,
                        o -> (double) o.lease().age().toMillis())
                .description("since the store confirmed that this server owns the archive")
                .register(registry);
        for (MeteredObjectStore.Operation operation : MeteredObjectStore.Operation.values()) {
            FunctionCounter.builder(
                            "annals.archive.lease.operations",
                            owner,
                            o -> o.requests().counts(operation).calls())
                    .description("calls of the object store for the lease")
                    .tag("operation", lowerCase(operation))
                    .register(registry);
        }
    }

    private void operation(
            String name,
            String description,
            String operation,
            MeteredObjectStore store,
            ToDoubleFunction<MeteredObjectStore> value) {
        FunctionCounter.builder("annals.object.store." + name, store, value)
                .description(description + " of the object store")
                .tag("operation", operation)
                .register(registry);
    }

    /// Ranged reads of archive objects, and the caches in front of them.
    void watch(CachedTars tars) {
        Gauge.builder("annals.archive.cache.bytes", tars, CachedTars::chunkCacheBytes)
                .description("unpacked chunks in memory")
                .register(registry);
        FunctionCounter.builder("annals.archive.rereads", tars, CachedTars::rereads)
                .description("reads that did not fit their checksum and were done once more")
                .register(registry);
        for (ReadPurpose purpose : ReadPurpose.values()) {
            String tag = lowerCase(purpose);
            purpose("annals.archive.requests", tag, tars, t -> t.counts(purpose).requests());
            purpose("annals.archive.read.bytes", tag, tars, t -> t.counts(purpose).bytes());
            purpose("annals.archive.cache.hits", tag, tars, t -> t.counts(purpose).hits());
            purpose("annals.archive.cache.misses", tag, tars, t -> t.counts(purpose).misses());
        }
        Gauge.builder("annals.archive.disk.cache.bytes", tars, t -> t.rangeCounts().bytes())
                .description("files of the cache on disk")
                .register(registry);
        disk("hits", "ranges found on disk", tars, RangeCache.Counts::hits);
        disk("misses", "ranges that were not on disk", tars, RangeCache.Counts::misses);
        disk("read.bytes", "bytes read from disk", tars, RangeCache.Counts::hitBytes);
        disk("evictions", "ranges that gave way to others", tars, RangeCache.Counts::evictions);
        disk("damaged", "ranges that were damaged, and deleted", tars, RangeCache.Counts::damaged);
        disk(
                "failures",
                "ranges that the disk did not take or give",
                tars,
                RangeCache.Counts::failures);
    }

    private void purpose(
            String name, String purpose, CachedTars tars, ToDoubleFunction<CachedTars> value) {
        FunctionCounter.builder(name, tars, value).tag("purpose", purpose).register(registry);
    }

    private void disk(
            String name,
            String description,
            CachedTars tars,
            ToDoubleFunction<RangeCache.Counts> value) {
        FunctionCounter.builder(
                        "annals.archive.disk.cache." + name,
                        tars,
                        t -> value.applyAsDouble(t.rangeCounts()))
                .description(description)
                .register(registry);
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
