package io.annals.server;

import io.annals.archive.CachedTars;
import io.annals.archive.FileObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableRecordSegments;
import io.annals.ingest.Ingest;
import io.annals.protocol.HostAndPort;
import io.annals.protocol.KafkaServer;
import io.annals.protocol.RequestHandler;
import io.annals.query.FetchHandler;
import io.annals.query.HighWatermarkWaiters;
import io.annals.query.ListOffsetsHandler;
import io.annals.query.TieredLog;
import io.annals.query.http.HttpConfig;
import io.annals.query.http.HttpServer;
import io.annals.registry.DurableRegistry;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySettings;
import io.annals.server.StartException.Reason;
import io.annals.wal.FileWal;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    private static final Logger log = LoggerFactory.getLogger(Node.class);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(20);

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
            Storage storage = openStorage(directory);
            Ingest ingest =
                    new Ingest(
                            settings.ingest(directory.clusterId()),
                            storage.wal(),
                            storage.registry(),
                            clock,
                            Uuid::randomUuid);
            ingest.topics().openPartitions();
            TieredLog tieredLog = openReads(storage);
            httpAddress = listenForHttp(storage, tieredLog);
            kafkaAddress = listenForKafka(storage, ingest, tieredLog);
            health.serving();
        } catch (StartException | IOException | RuntimeException e) {
            closeAfter(e);
            throw e;
        }
    }

    private Storage openStorage(DataDirectory directory) throws IOException {
        ObjectStore store =
                lifecycle.started(
                        "object-store",
                        new FileObjectStore(directory.archive(), directory.temporary()));
        Registry registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store), clock, RegistrySettings.defaults());
        metrics.watch(registry);
        FileWal wal = lifecycle.started("wal", FileWal.open(settings.wal(directory.wal()), clock));
        metrics.watch(wal);
        log.info(
                "wal recovered: {} bytes scanned, {} torn, {} damaged ranges, {} ms",
                wal.recovery().scannedBytes(),
                wal.recovery().tornBytes(),
                wal.recovery().segments().stream().mapToInt(s -> s.damage().size()).sum(),
                wal.recovery().elapsed().toMillis());
        return new Storage(store, registry, wal);
    }

    private TieredLog openReads(Storage storage) {
        CachedTars tars =
                new CachedTars(
                        storage.objects(), settings.tailCacheBytes(), settings.chunkCacheBytes());
        metrics.watch(tars);
        return new TieredLog(
                storage.wal(),
                storage.registry(),
                new SeekableRecordSegments(tars, settings.tailCacheBytes()),
                settings.archiveReads(),
                settings.maxDecompressedBatchBytes());
    }

    private HostAndPort listenForHttp(Storage storage, TieredLog tieredLog) throws StartException {
        HostAndPort wanted = settings.httpListener();
        HttpServer.Builder routes =
                HttpServer.builder(HttpConfig.of(wanted.host(), wanted.port()))
                        .log(storage.registry(), tieredLog)
                        .status("/health/live", health::live)
                        .status("/health/ready", health::ready)
                        .status("/metrics", metrics::page);
        try {
            HttpServer server = lifecycle.started("http", routes.start());
            return new HostAndPort(wanted.host(), server.port());
        } catch (IOException e) {
            throw cannotListen("HTTP", wanted, e);
        }
    }

    private HostAndPort listenForKafka(Storage storage, Ingest ingest, TieredLog tieredLog)
            throws StartException {
        Executor blocking = Thread.ofVirtual().name("archive-read-", 0)::start;
        HighWatermarkWaiters waiters = new HighWatermarkWaiters();
        storage.wal().addListener(waiters);
        List<RequestHandler<?>> handlers = new ArrayList<>(ingest.handlers());
        handlers.add(
                new FetchHandler(
                        tieredLog,
                        storage.registry(),
                        waiters,
                        settings.fetchMaxBytes(),
                        blocking));
        handlers.add(new ListOffsetsHandler(tieredLog, storage.registry(), blocking));
        try {
            KafkaServer server =
                    KafkaServer.start(settings.kafkaServer(), handlers, metrics.frontDoor());
            return lifecycle.started("kafka", server).advertised();
        } catch (IOException e) {
            throw cannotListen("Kafka", settings.listener(), e);
        }
    }

    private static StartException cannotListen(
            String what, HostAndPort address, IOException failure) {
        return new StartException(
                Reason.CANNOT_LISTEN,
                "cannot listen for %s clients on %s: %s"
                        .formatted(what, address, rootMessage(failure)),
                failure);
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
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
    private record Storage(ObjectStore objects, Registry registry, FileWal wal) {}
}
