package io.annals.server;

import io.annals.archive.ArchiveSweeper;
import io.annals.archive.CachedTars;
import io.annals.archive.MeteredObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.RecordSegments;
import io.annals.archive.SeekableRecordSegments;
import io.annals.indexer.ArchiveUpkeep;
import io.annals.indexer.Archiver;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.LocalRetention;
import io.annals.indexer.QueryBounds;
import io.annals.indexer.WalLiveIndex;
import io.annals.ingest.Coordinators;
import io.annals.ingest.Ingest;
import io.annals.ingest.LogDirectory;
import io.annals.ingest.group.ArchivedOffsets;
import io.annals.protocol.HostAndPort;
import io.annals.protocol.KafkaServer;
import io.annals.protocol.RequestHandler;
import io.annals.query.FetchHandler;
import io.annals.query.FetchSessions;
import io.annals.query.HighWatermarkWaiters;
import io.annals.query.LatestValues;
import io.annals.query.LeaderEpochHandler;
import io.annals.query.ListOffsetsHandler;
import io.annals.query.QueryTopicLog;
import io.annals.query.QueryTopics;
import io.annals.query.SearchService;
import io.annals.query.TieredLog;
import io.annals.query.UnfinishedTransactions;
import io.annals.query.http.HttpServer;
import io.annals.query.http.Sealer;
import io.annals.query.http.SegmentListing;
import io.annals.registry.DurableRegistry;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySettings;
import io.annals.server.StartException.Reason;
import io.annals.wal.FileWal;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running server: everything wired in start order, closed in reverse.
///
/// The data directory comes first, then the object store, the registry, the WAL (recovered), the
/// topics, reads and indexing, and last the listeners: whoever gets a connection finds everything
/// behind it ready.
public final class Node implements AutoCloseable {
    /// Name and version, as people and archive objects see them.
    public static final String PROGRAM = "annals 0.1.0";

    private static final Logger log = LoggerFactory.getLogger(Node.class);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(30);
    private static final Duration GROUP_RETRY = Duration.ofSeconds(1);

    private final Lifecycle lifecycle = new Lifecycle(CLOSE_BOUND);
    private final Settings settings;
    private final Clock clock;
    private final NodeHealth health = new NodeHealth();
    private final NodeMetrics metrics;
    private final HostAndPort kafkaAddress;
    private final HostAndPort httpAddress;

    /// Starts a node and returns when it serves.
    ///
    /// @throws StartException for what its operator can mend
    /// @throws IOException if storage fails
    public static Node start(Settings settings, Clock clock) throws StartException, IOException {
        return new Node(settings, clock);
    }

    private Node(Settings settings, Clock clock) throws StartException, IOException {
        this.settings = settings;
        this.clock = clock;
        this.metrics = lifecycle.started("metrics", new NodeMetrics());
        try {
            DataDirectory directory =
                    lifecycle.started(
                            "data-directory", DataDirectory.open(settings.dataDirectory()));
            boolean isReplica = ReplicaSettings.isReplica(settings);
            Storage storage = isReplica ? openReplica(directory) : openStorage(directory);
            Ingest ingest = openTopics(storage);
            Indexing indexing = isReplica ? searching(storage) : startIndexing(storage, directory);
            TieredLog tieredLog =
                    new TieredLog(
                            storage.wal(),
                            storage.registry(),
                            storage.segments(),
                            ArchivingSettings.reads(settings),
                            SettingDefinitions.LARGEST_BATCH_BYTES);
            QueryTopics queries = openQueries(storage, directory, ingest, tieredLog);
            List<RequestHandler<?>> handlers = startCoordinators(storage, ingest, tieredLog);
            httpAddress = listenForHttp(storage, tieredLog, indexing, queries);
            Reads reads = new Reads(tieredLog, indexing, queries);
            kafkaAddress = listenForKafka(storage, ingest, handlers, reads);
            health.serving();
        } catch (StartException | IOException | RuntimeException e) {
            closeAfter(e);
            throw e;
        }
    }

    private Storage openStorage(DataDirectory directory) throws StartException, IOException {
        MeteredObjectStore store =
                lifecycle.started(
                        "object-store",
                        new MeteredObjectStore(
                                ArchiveStore.open(settings, ArchiveStore.Use.WRITE)));
        metrics.archiveReads().watch(store);
        String clusterId =
                settings.archiveStore().isS3()
                        ? ClusterMark.agree(store, directory)
                        : directory.clusterId();
        DurableRegistry registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        clock,
                        RegistrySettings.defaults().withLocalCopy(directory.registry()));
        metrics.watch(registry);
        FileWal wal =
                lifecycle.started(
                        "wal", FileWal.open(HotTierSettings.of(settings, directory.wal()), clock));
        metrics.watch(wal);
        health.watch(wal);
        log.info(
                "wal recovered: {} bytes scanned, {} torn, {} damaged ranges, {} ms",
                wal.recovery().scannedBytes(),
                wal.recovery().tornBytes(),
                wal.recovery().segments().stream().mapToInt(s -> s.damage().size()).sum(),
                wal.recovery().elapsed().toMillis());
        CachedTars tars = tars(store);
        return new Storage(
                clusterId,
                store,
                registry,
                wal,
                tars,
                segments(tars),
                List.of(TierDirectory.hot(directory.wal(), wal), archiveDirectory(registry)),
                Optional.empty());
    }

    /// Nothing of it is ever written, and the data directory holds copies only.
    private Storage openReplica(DataDirectory directory) throws StartException, IOException {
        directory.requireNoWal();
        MeteredObjectStore store =
                lifecycle.started(
                        "object-store",
                        new MeteredObjectStore(
                                ArchiveStore.open(settings, ArchiveStore.Use.FOLLOW)));
        metrics.archiveReads().watch(store);
        String clusterId = directory.clusterId(ClusterMark.read(store));
        CachedTars tars = tars(store);
        RecordSegments segments = segments(tars);
        DurableRegistry source =
                DurableRegistry.openReadOnly(
                        new ObjectRegistryStore(store),
                        RegistrySettings.defaults().withLocalCopy(directory.registry()));
        FollowedRegistry registry =
                lifecycle.started(
                        "replica",
                        new FollowedRegistry(
                                source, segments, clock, ReplicaSettings.poll(settings)));
        metrics.watch((Registry) registry);
        metrics.watch(registry);
        health.warn(registry::problems);
        return new Storage(
                clusterId,
                store,
                registry,
                registry.archivedLog(),
                tars,
                segments,
                List.of(archiveDirectory(registry)),
                Optional.of(registry));
    }

    private LogDirectory archiveDirectory(Registry registry) {
        return settings.archiveStore().isS3()
                ? TierDirectory.bucket(settings.archiveStore().buckets().getFirst(), registry)
                : TierDirectory.archive(
                        settings.archiveStore().folder(settings.dataDirectory()), registry);
    }

    private CachedTars tars(ObjectStore store) throws StartException {
        CachedTars tars =
                new CachedTars(
                        store,
                        ArchivingSettings.tailCacheBytes(settings),
                        ArchivingSettings.chunkCacheBytes(settings),
                        lifecycle.started("disk-cache", ArchivingSettings.diskCache(settings)));
        metrics.archiveReads().watch(tars);
        return tars;
    }

    private RecordSegments segments(CachedTars tars) {
        return new SeekableRecordSegments(tars, ArchivingSettings.tailCacheBytes(settings));
    }

    private Ingest openTopics(Storage storage) throws IOException {
        boolean isReplica = storage.followed().isPresent();
        UnfinishedTransactions unfinished =
                isReplica // somebody else finishes them
                        ? new UnfinishedTransactions(Map.of())
                        : UnfinishedTransactions.find(
                                storage.wal(), storage.registry().snapshot(), storage.segments());
        Ingest ingest =
                new Ingest(
                        TopicDefaults.ingest(settings, storage.clusterId()),
                        storage.wal(),
                        storage.registry(),
                        clock,
                        Uuid::randomUuid);
        ingest.topics().openPartitions();
        unfinished.abort(storage.wal());
        return ingest;
    }

    /// A replica makes nothing searchable itself.
    private Indexing searching(Storage storage) {
        CachedSplitReaders splits =
                lifecycle.started(
                        "split-readers",
                        new CachedSplitReaders(storage.tars(), SearchSettings.readers(settings)));
        return new Indexing(
                new NothingLive(storage.registry()),
                () -> {
                    throw new IOException(RefusedRequests.MESSAGE);
                },
                Optional.empty(),
                splits);
    }

    private Indexing startIndexing(Storage storage, DataDirectory directory) throws IOException {
        WalLiveIndex live =
                lifecycle.started(
                        "live-index",
                        new WalLiveIndex(
                                storage.wal(),
                                storage.registry(),
                                SearchSettings.live(settings, directory.live())));
        live.start();
        LocalRetention local =
                new LocalRetention(
                        storage.wal(),
                        storage.registry(),
                        clock,
                        HotTierSettings.localRetention(settings),
                        directory.wal().toFile()::getUsableSpace);
        metrics.watch(storage.wal(), local);
        Archiver archiver =
                lifecycle.started(
                        "archiver",
                        new Archiver(
                                new Archiver.Hot(storage.wal(), local),
                                storage.registry(),
                                storage.objects(),
                                storage.tars(),
                                ArchivingSettings.of(settings, directory.archiverWork()),
                                new SecureRandom()));
        archiver.start();
        metrics.watch(live, archiver);
        health.warn(() -> archiver.status().failures());
        health.warn(() -> live.status().failures());
        ArchiveUpkeep upkeep =
                lifecycle.started(
                        "upkeep",
                        new ArchiveUpkeep(
                                storage.wal(),
                                storage.registry(),
                                storage.objects(),
                                storage.tars(),
                                clock,
                                ArchiveUpkeepSettings.of(settings, directory.upkeepWork()),
                                new SecureRandom()));
        upkeep.start();
        metrics.watch(upkeep);
        health.warn(() -> upkeep.status().failures());
        ArchiveSweeper sweeper =
                new ArchiveSweeper(
                        storage.objects(),
                        storage.tars(),
                        storage.registry(),
                        clock,
                        ArchivingSettings.sweeper(settings));
        lifecycle.started(
                "sweeper", PeriodicSweep.start(sweeper, ArchivingSettings.sweepInterval(settings)));
        CachedSplitReaders splits =
                lifecycle.started(
                        "split-readers",
                        new CachedSplitReaders(storage.tars(), SearchSettings.readers(settings)));
        return new Indexing(live, archiver::archiveNow, Optional.of(local), splits);
    }

    /// Queries are topics to everyone who asks for topics, so they come before groups.
    private QueryTopics openQueries(
            Storage storage, DataDirectory directory, Ingest ingest, TieredLog tieredLog)
            throws IOException {
        QueryTopics queries =
                lifecycle.started(
                        "queries",
                        new QueryTopics(
                                storage.registry(),
                                tieredLog,
                                new FieldQueries(QueryBounds.DEFAULT),
                                QueryTopicSettings.of(settings),
                                directory.queries(),
                                clock,
                                Uuid::randomUuid));
        ingest.topics().show(new ShownQueries(queries));
        queries.addListener(ingest.topics()::virtualTopicChanged);
        return queries;
    }

    /// They load what there is on threads of their own: nobody waits for it here. A replica has
    /// none.
    ///
    /// @return handlers of all that may change something
    private List<RequestHandler<?>> startCoordinators(
            Storage storage, Ingest ingest, TieredLog tieredLog) throws IOException {
        TieredInternalLog internalLog = new TieredInternalLog(tieredLog);
        Coordinators coordinators =
                lifecycle.started(
                        "coordinators",
                        ingest.coordinators(
                                internalLog,
                                new Coordinators.Settings(
                                        TopicDefaults.internalTopics(settings),
                                        settings.groups(),
                                        TransactionSettings.of(settings),
                                        GROUP_RETRY)));
        if (storage.followed().isPresent()) {
            ArchivedOffsets offsets =
                    new ArchivedOffsets(
                            ingest.topics(), internalLog, FrontDoorSettings.nodeId(settings));
            storage.followed().get().start(List.of(offsets::follow));
            return RefusedRequests.of(
                    ingest.handlers(coordinators, new LogbackLevels()), offsets.handlers());
        }
        coordinators.start();
        health.warn(coordinators.groups()::problems);
        return ingest.handlers(coordinators, new LogbackLevels());
    }

    private HostAndPort listenForHttp(
            Storage storage, TieredLog tieredLog, Indexing indexing, QueryTopics queries)
            throws StartException {
        Registry registry = storage.registry();
        FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
        SearchService search =
                lifecycle.started(
                        "search",
                        new SearchService(
                                registry,
                                indexing.live(),
                                indexing.splits(),
                                tieredLog,
                                fields,
                                SearchSettings.of(settings)));
        metrics.watch(search);
        LatestValues latest =
                lifecycle.started(
                        "latest-values",
                        new LatestValues(
                                registry, indexing.live(), indexing.splits(), tieredLog, fields));
        HttpServer.Builder routes =
                HttpServer.builder(SearchSettings.http(settings))
                        .search(search)
                        .latest(latest)
                        .queries(queries)
                        .log(registry, tieredLog, indexing.listing(storage))
                        .sealer(indexing.sealer(), registry)
                        .status("/health/live", health::live)
                        .status("/health/ready", health::ready)
                        .status("/metrics", metrics::page);
        try {
            HttpServer server = lifecycle.started("http", routes.start());
            return new HostAndPort(FrontDoorSettings.httpListener(settings).host(), server.port());
        } catch (IOException e) {
            throw cannotListen("HTTP", FrontDoorSettings.httpListener(settings).toString(), e);
        }
    }

    private HostAndPort listenForKafka(
            Storage storage, Ingest ingest, List<RequestHandler<?>> writing, Reads reads)
            throws StartException {
        TieredLog tieredLog = reads.log();
        Executor blocking = Thread.ofVirtual().name("archive-read-", 0)::start;
        HighWatermarkWaiters waiters = new HighWatermarkWaiters();
        storage.wal().addListener(waiters);
        Optional<QueryTopicLog> queried = Optional.of(reads.queried(storage.registry(), waiters));
        List<RequestHandler<?>> handlers = new ArrayList<>(writing);
        handlers.addAll(ingest.logDirectoryHandlers(storage.directories()));
        FetchSessions sessions =
                new FetchSessions(
                        FrontDoorSettings.fetchSessions(settings), clock, new SecureRandom());
        metrics.watch(sessions);
        handlers.add(
                new FetchHandler(
                        new FetchHandler.Sources(
                                tieredLog, queried, storage.registry(), waiters, sessions),
                        FrontDoorSettings.fetchMaxBytes(settings),
                        blocking));
        handlers.add(new ListOffsetsHandler(tieredLog, queried, storage.registry(), blocking));
        handlers.add(new LeaderEpochHandler(tieredLog, queried, storage.registry()));
        try {
            KafkaServer server =
                    KafkaServer.start(
                            FrontDoorSettings.of(settings, storage.clusterId()),
                            handlers,
                            metrics.frontDoor());
            return lifecycle.started("kafka", server).advertised();
        } catch (IOException e) {
            throw cannotListen("Kafka", FrontDoorSettings.listenersText(settings), e);
        }
    }

    private static StartException cannotListen(String what, String address, IOException failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new StartException(
                Reason.CANNOT_LISTEN,
                "cannot listen for %s clients on %s: %s"
                        .formatted(what, address, root.getMessage()),
                failure);
    }

    private void closeAfter(Exception failure) {
        try {
            lifecycle.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    public HostAndPort kafkaAddress() {
        return kafkaAddress;
    }

    public HostAndPort httpAddress() {
        return httpAddress;
    }

    /// Ends what runs and closes everything, within bounds.
    ///
    /// @throws IOException if something did not close
    @Override
    public void close() throws IOException {
        health.stopping();
        lifecycle.close();
        log.info("closed");
    }

    /// What everything else stands on.
    ///
    /// @param followed the registry, if this is a replica
    private record Storage(
            String clusterId,
            ObjectStore objects,
            Registry registry,
            WriteAheadLog wal,
            CachedTars tars,
            RecordSegments segments,
            List<LogDirectory> directories,
            Optional<FollowedRegistry> followed) {}

    /// What makes records searchable and archived.
    ///
    /// @param local of a server that writes
    private record Indexing(
            LiveIndex live,
            Sealer sealer,
            Optional<LocalRetention> local,
            CachedSplitReaders splits) {

        Optional<SegmentListing.Local> listing(Storage storage) {
            return local.map(hot -> new SegmentListing.Local(storage.wal(), hot, storage.tars()));
        }
    }

    /// What consumers read from.
    private record Reads(TieredLog log, Indexing indexing, QueryTopics queries) {

        QueryTopicLog queried(Registry registry, HighWatermarkWaiters waiters) {
            return new QueryTopicLog(
                    queries,
                    registry,
                    indexing.live(),
                    indexing.splits(),
                    log,
                    new FieldQueries(QueryBounds.DEFAULT),
                    waiters);
        }
    }
}
