package io.annals.server;

import io.annals.indexer.ArchiveResult;
import io.annals.indexer.ArchiveUpkeep;
import io.annals.indexer.Archiver;
import io.annals.indexer.LocalRetention;
import io.annals.indexer.UpkeepResult;
import io.annals.indexer.WalLiveIndex;
import io.annals.query.FetchSessions;
import io.annals.query.SearchService;
import io.annals.query.http.Answer;
import io.annals.query.http.Call;
import io.annals.registry.Registry;
import io.annals.wal.WalListener;
import io.annals.wal.WriteAheadLog;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// What a node measures, in Prometheus' text format. The parts are asked when somebody scrapes;
/// only the front door counts as it goes. Thread-safe.
final class NodeMetrics implements AutoCloseable {
    private static final int OK = 200;
    private static final String MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final FrontDoorMetrics frontDoor = new FrontDoorMetrics(registry);
    private final ArchiveReadMetrics archiveReads = new ArchiveReadMetrics(registry);
    private final GroupMetrics groups = new GroupMetrics(registry);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    NodeMetrics() {
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    FrontDoorMetrics frontDoor() {
        return frontDoor;
    }

    ArchiveReadMetrics archiveReads() {
        return archiveReads;
    }

    GroupMetrics groups() {
        return groups;
    }

    /// `GET /metrics`.
    Answer page(Call call) {
        return new Answer(OK, MEDIA_TYPE, registry.scrape().getBytes(StandardCharsets.UTF_8));
    }

    void watch(WriteAheadLog wal) {
        gauge("annals.wal.used.bytes", "WAL segments on disk", () -> wal.usage().usedBytes());
        gauge("annals.wal.max.bytes", "bound of the hot tier", () -> wal.usage().maxBytes());
        Timer fsync =
                Timer.builder("annals.wal.fsync")
                        .description("fsyncs of the write-ahead log")
                        .publishPercentiles(0.5, 0.99)
                        .register(registry);
        Counter bytes =
                Counter.builder("annals.wal.synced.bytes")
                        .description("bytes made durable by them")
                        .register(registry);
        wal.addListener(
                new WalListener() {
                    @Override
                    public void synced(long syncedBytes, long nanos) {
                        fsync.record(nanos, TimeUnit.NANOSECONDS);
                        bytes.increment((double) syncedBytes);
                    }
                });
        gauge(
                "annals.wal.sealed.segments",
                "sealed WAL segments in the hot tier, archived or not",
                () -> wal.sealedSegments().size());
    }

    void watch(WriteAheadLog wal, LocalRetention local) {
        gauge(
                "annals.wal.kept.segments",
                "archived WAL segments that stay in the hot tier",
                local::segments);
        gauge(
                "annals.wal.kept.bytes",
                "archived WAL segments that stay in the hot tier",
                local::sizeBytes);
        gauge(
                "annals.wal.unarchived.bytes",
                "what would be lost with the local disk",
                () -> Math.max(0, wal.usage().usedBytes() - local.sizeBytes()));
    }

    void watch(SearchService search) {
        Counter searched = searches("searched");
        Counter pruned = searches("pruned");
        Counter failed = searches("failed");
        Timer latency =
                Timer.builder("annals.searches")
                        .description("searches that were answered")
                        .publishPercentiles(0.5, 0.99)
                        .register(registry);
        Counter incomplete = registry.counter("annals.searches.incomplete");
        search.addListener(coverage -> {
            latency.record(coverage.tookMs(), TimeUnit.MILLISECONDS);
            searched.increment(coverage.splits().searched());
            pruned.increment(coverage.splits().pruned());
            failed.increment(coverage.splits().failed());
            if (!coverage.complete()) {
                incomplete.increment();
            }
        });
    }

    private Counter searches(String outcome) {
        return Counter.builder("annals.search.splits")
                .description("index splits of searches")
                .tag("outcome", outcome)
                .register(registry);
    }

    void watch(FetchSessions sessions) {
        gauge("annals.fetch.sessions", "fetch sessions", sessions::size);
        gauge(
                "annals.fetch.session.partitions",
                "partitions of all fetch sessions",
                sessions::partitions);
        FunctionCounter.builder(
                        "annals.fetch.session.evictions", sessions, s -> (double) s.evictions())
                .description("fetch sessions that gave way to others")
                .register(registry);
    }

    void watch(Registry catalogue) {
        gauge(
                "annals.registry.generation",
                "current generation",
                () -> catalogue.snapshot().generation());
        gauge("annals.topics", "topics", () -> catalogue.snapshot().topics().size());
    }

    /// Of a read replica.
    void watch(FollowedRegistry followed) {
        gauge("annals.replica.lag.ms", "since everything archived was shown", followed::lagMs);
        gauge(
                "annals.replica.generation.age.ms",
                "since the commit of the generation that is shown",
                followed::sinceCommitMs);
    }

    void watch(ArchiveUpkeep upkeep) {
        counter("annals.upkeep.compactions", "topics compacted", upkeep, UpkeepResult::compactions);
        counter(
                "annals.upkeep.compacted.records",
                "records that compactions took out",
                upkeep,
                UpkeepResult::removedRecords);
        counter(
                "annals.upkeep.replaced.segments",
                "record segments that others took the place of",
                upkeep,
                UpkeepResult::replacedSegments);
        counter(
                "annals.upkeep.written.segments",
                "record segments written in the place of others",
                upkeep,
                UpkeepResult::writtenSegments);
        counter(
                "annals.upkeep.merges",
                "merges of record segments and their index splits",
                upkeep,
                UpkeepResult::merges);
        counter(
                "annals.upkeep.retired.segments",
                "record segments past their time, or deleted",
                upkeep,
                UpkeepResult::retiredSegments);
    }

    private void counter(
            String name,
            String description,
            ArchiveUpkeep upkeep,
            ToLongFunction<UpkeepResult> of) {
        FunctionCounter.builder(
                        name, upkeep, watched -> (double) of.applyAsLong(watched.status().total()))
                .description(description)
                .register(registry);
    }

    void watch(WalLiveIndex live, Archiver archiver, InstantSource clock) {
        gauge(
                "annals.archiver.lag.ms",
                "since the oldest sealed WAL segment that is not archived was begun",
                () -> age(archiver.status().oldestCreatedAtMs(), clock));
        gauge(
                "annals.live.lag.ms",
                "since the oldest record that is not searchable came in",
                () -> age(live.lag().oldestIngestMs(), clock));
        gauge(
                "annals.live.lag.records",
                "records that are not searchable yet",
                () -> live.lag().records());
        gauge(
                "annals.archiver.waiting.segments",
                "sealed WAL segments that are not archived yet",
                () -> archiver.status().waitingSegments());
        gauge(
                "annals.archiver.waiting.bytes",
                "size of the sealed WAL segments that are not archived yet",
                () -> archiver.status().waitingBytes());
        gauge(
                "annals.archiver.failures",
                "passes since the last one without a failure",
                () -> archiver.status().consecutiveFailures());
        total("annals.archiver.records", archiver, ArchiveResult::records);
        total("annals.archiver.source.bytes", archiver, ArchiveResult::sourceBytes);
        total("annals.archiver.object.bytes", archiver, ArchiveResult::objectBytes);
        gauge(
                "annals.live.documents",
                "documents in the index of the hot tail",
                () -> live.status().documents());
    }

    /// @param sinceMs negative for never
    private static long age(long sinceMs, InstantSource clock) {
        return sinceMs < 0 ? 0 : Math.max(0, clock.millis() - sinceMs);
    }

    private void total(String name, Archiver archiver, ToLongFunction<ArchiveResult> value) {
        FunctionCounter.builder(name, archiver, a -> (double) value.applyAsLong(a.status().total()))
                .register(registry);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
