package io.annals.server;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryBounds;
import io.annals.ingest.BrokerConfigs;
import io.annals.ingest.Coordinators;
import io.annals.ingest.Ingest;
import io.annals.ingest.group.ArchivedGroups;
import io.annals.ingest.transaction.ArchivedTransactions;
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
import io.annals.registry.LeaseRequest;
import io.annals.registry.Registry;
import io.annals.server.StartException.Reason;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
        return start(settings, clock, LeaseRequest.WAIT);
    }

    /// @param lease how the archive is asked for if another server has it
    public static Node start(Settings settings, Clock clock, LeaseRequest lease)
            throws StartException, IOException {
        return new Node(settings, clock, lease);
    }

    private Node(Settings settings, Clock clock, LeaseRequest lease)
            throws StartException, IOException {
        this.settings = settings;
        this.clock = clock;
        this.metrics = lifecycle.started("metrics", new NodeMetrics());
        try {
            DataDirectory directory =
                    lifecycle.started(
                            "data-directory", DataDirectory.open(settings.dataDirectory()));
            NodeContext context =
                    new NodeContext(settings, clock, lifecycle, metrics, health, lease);
            Storage storage = Storage.open(context, directory);
            Ingest ingest = openTopics(storage);
            TieredLog tieredLog =
                    new TieredLog(
                            storage.wal(),
                            storage.registry(),
                            storage.segments(),
                            ArchivingSettings.reads(settings),
                            SettingDefinitions.LARGEST_BATCH_BYTES);
            QueryTopics queries = openQueries(storage, directory, ingest, tieredLog);
            TieredInternalLog internalLog = new TieredInternalLog(tieredLog);
            Coordinators coordinators = openCoordinators(storage, ingest, internalLog);
            CompletableFuture<Void> groupsLoaded = startCoordinators(storage, coordinators);
            Indexing indexing =
                    Indexing.start(
                            context,
                            storage,
                            directory,
                            new Indexing.Start(
                                    ingest.brokerConfigs()::topicDefaults, groupsLoaded));
            List<RequestHandler<?>> handlers =
                    coordinatorHandlers(storage, ingest, coordinators, internalLog);
            httpAddress = listenForHttp(storage, tieredLog, indexing, queries);
            Reads reads = new Reads(tieredLog, indexing, queries);
            kafkaAddress = listenForKafka(storage, ingest, handlers, reads);
            health.serving();
        } catch (StartException | IOException | RuntimeException e) {
            closeAfter(e);
            throw e;
        }
    }

    private Ingest openTopics(Storage storage) throws IOException {
        UnfinishedTransactions unfinished =
                storage.isReplica() // somebody else finishes them
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

    /// With the settings that clients gave, which must be in force before anything is deleted by
    /// them; a replica deletes nothing.
    private Coordinators openCoordinators(
            Storage storage, Ingest ingest, TieredInternalLog internalLog) throws IOException {
        Coordinators coordinators =
                lifecycle.started(
                        "coordinators",
                        ingest.coordinators(
                                internalLog,
                                new Coordinators.Settings(
                                        TopicDefaults.internalTopics(settings),
                                        settings.groups(),
                                        TransactionSettings.of(settings),
                                        GROUP_RETRY,
                                        List.of(metrics.groups()))));
        if (!storage.isReplica()) {
            coordinators.loadSettings();
        }
        return coordinators;
    }

    /// They load what there is on threads of their own, while the rest starts: nobody waits for it
    /// here. A replica has none.
    ///
    /// @return completes when groups are loaded, or after a while
    private CompletableFuture<Void> startCoordinators(Storage storage, Coordinators coordinators) {
        if (storage.isReplica()) {
            return CompletableFuture.completedFuture(null);
        }
        health.warn(coordinators.groups()::problems);
        return coordinators.start();
    }

    /// @return handlers of all that may change something
    private List<RequestHandler<?>> coordinatorHandlers(
            Storage storage,
            Ingest ingest,
            Coordinators coordinators,
            TieredInternalLog internalLog)
            throws IOException {
        if (storage.followed().isPresent()) {
            return RefusedRequests.of(
                    ingest.handlers(coordinators, new LogbackLevels()),
                    followCoordinators(storage.followed().get(), ingest, internalLog));
        }
        return ingest.handlers(coordinators, new LogbackLevels());
    }

    /// @return handlers of what can be asked of them
    private List<RequestHandler<?>> followCoordinators(
            FollowedRegistry followed, Ingest ingest, TieredInternalLog internalLog)
            throws IOException {
        ArchivedGroups groups =
                lifecycle.started(
                        "archived-groups",
                        new ArchivedGroups(
                                ingest.topics(),
                                internalLog,
                                settings.groups(),
                                new ArchivedGroups.Broker(
                                        FrontDoorSettings.nodeId(settings), clock)));
        ArchivedTransactions transactions =
                new ArchivedTransactions(ingest.topics(), internalLog, clock);
        followed.start(List.of(groups::follow, transactions::follow));
        List<RequestHandler<?>> handlers = new ArrayList<>(groups.handlers());
        handlers.addAll(transactions.handlers());
        return handlers;
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
            BrokerConfigs configs = ingest.brokerConfigs();
            configs.addListener(
                    () -> server.limit(FrontDoorSettings.connections(settings, configs)));
            server.limit(FrontDoorSettings.connections(settings, configs));
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
