package io.annals.ingest;

import io.annals.archive.CachedTars;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentWriter;
import io.annals.archive.SeekableRecordSegments;
import io.annals.ingest.group.GroupCoordination;
import io.annals.ingest.group.GroupSettings;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.ingest.transaction.TransactionConfig;
import io.annals.protocol.FrontDoorLimits;
import io.annals.protocol.FrontDoorListener;
import io.annals.protocol.KafkaServer;
import io.annals.protocol.KafkaServerConfig;
import io.annals.protocol.RequestHandler;
import io.annals.query.FetchHandler;
import io.annals.query.FetchSessions;
import io.annals.query.HighWatermarkWaiters;
import io.annals.query.LeaderEpochHandler;
import io.annals.query.ListOffsetsHandler;
import io.annals.query.LogRead;
import io.annals.query.PartitionBounds;
import io.annals.query.TieredLog;
import io.annals.query.UnfinishedTransactions;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.TopicMetadata;
import io.annals.wal.FetchedBatches;
import io.annals.wal.FileWal;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// A whole node without its indexer: real log, registry, archive (in memory) and front door, and
/// stock clients for it.
public final class TestNode implements AutoCloseable {
    private static final long CACHE_BYTES = 32 << 20;
    private static final int INTERNAL_PARTITIONS = 5;

    /// No waiting for company, and heartbeats often enough that a rebalance takes no seconds.
    public static final GroupSettings QUICK_GROUPS =
            new GroupSettings(
                    Map.of(
                            "group.initial.rebalance.delay.ms",
                            0,
                            "group.min.session.timeout.ms",
                            500,
                            "group.consumer.assignment.interval.ms",
                            0,
                            "group.consumer.min.heartbeat.interval.ms",
                            100,
                            "group.consumer.heartbeat.interval.ms",
                            200,
                            "group.consumer.min.session.timeout.ms",
                            500,
                            "group.consumer.session.timeout.ms",
                            5_000));

    /// Kafka's defaults, but timeouts are looked for often.
    public static final TransactionConfig QUICK_TRANSACTIONS =
            new TransactionConfig(
                    TransactionConfig.DEFAULTS.maxTimeout(),
                    TransactionConfig.DEFAULTS.idExpiration(),
                    Duration.ofMillis(50),
                    TransactionConfig.DEFAULTS.expiryInterval());

    static final LogLevels LEVELS = new TwoLoggers();

    public final InternalTopics internalTopics;
    public final GroupCoordination groups;
    private final Coordinators coordinators;

    final FetchSessions sessions;
    public final FileWal wal;
    public final DurableRegistry registry;
    public final InMemoryObjectStore objects;
    public final Ingest ingest;
    public final TieredLog log;
    public final KafkaServer server;
    private final Path directory;

    public record Options(
            IngestConfig ingest,
            FrontDoorLimits limits,
            long walSegmentBytes,
            long walMaxBytes,
            GroupSettings groups,
            TransactionConfig transactions) {

        public Options(
                IngestConfig ingest,
                FrontDoorLimits limits,
                long walSegmentBytes,
                long walMaxBytes) {
            this(ingest, limits, walSegmentBytes, walMaxBytes, QUICK_GROUPS, QUICK_TRANSACTIONS);
        }

        public static Options defaults() {
            return new Options(
                    IngestConfig.of("test-cluster", 1),
                    FrontDoorLimits.DEFAULTS,
                    64L << 20,
                    512L << 20);
        }

        public Options withGroups(GroupSettings settings) {
            return new Options(
                    ingest, limits, walSegmentBytes, walMaxBytes, settings, transactions);
        }
    }

    public TestNode(Path directory, Options options) throws IOException {
        this(directory, options, new InMemoryObjectStore(Clock.systemUTC()));
    }

    public TestNode(Path directory, Options options, InMemoryObjectStore objects)
            throws IOException {
        Clock clock = Clock.systemUTC();
        this.directory = directory;
        this.objects = objects;
        wal =
                FileWal.open(
                        new WalConfig(
                                directory.resolve("wal"),
                                1,
                                options.walSegmentBytes(),
                                Duration.ofHours(1),
                                options.walMaxBytes(),
                                1 << 20,
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1)),
                        clock);
        registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(objects), clock, RegistrySettings.defaults());
        ingest = new Ingest(options.ingest(), wal, registry, clock, Uuid::randomUuid);
        SeekableRecordSegments segments =
                new SeekableRecordSegments(
                        new CachedTars(objects, CACHE_BYTES, CACHE_BYTES), CACHE_BYTES);
        UnfinishedTransactions unfinished =
                UnfinishedTransactions.find(wal, registry.snapshot(), segments);
        ingest.topics().openPartitions();
        unfinished.abort(wal);
        log =
                new TieredLog(
                        wal, registry, segments, 4, options.ingest().maxDecompressedBatchBytes());
        coordinators =
                ingest.coordinators(
                        reader(),
                        new Coordinators.Settings(
                                Map.of(
                                        InternalTopic.CONSUMER_OFFSETS,
                                        INTERNAL_PARTITIONS,
                                        InternalTopic.TRANSACTION_STATE,
                                        INTERNAL_PARTITIONS),
                                options.groups(),
                                options.transactions(),
                                Duration.ofMillis(200),
                                List.of()));
        internalTopics = coordinators.internalTopics();
        groups = coordinators.groups();
        coordinators.loadSettings();
        coordinators.start();
        HighWatermarkWaiters waiters = new HighWatermarkWaiters();
        wal.addListener(waiters);
        Executor blocking = Thread.ofVirtual()::start;
        List<RequestHandler<?>> handlers = new ArrayList<>(ingest.handlers(coordinators, LEVELS));
        sessions =
                new FetchSessions(
                        new FetchSessions.Limits(1_000, 100_000), Clock.systemUTC(), new Random(1));
        handlers.add(
                new FetchHandler(
                        new FetchHandler.Sources(log, registry, waiters, sessions),
                        55 << 20,
                        blocking));
        handlers.add(new ListOffsetsHandler(log, registry, blocking));
        handlers.add(new LeaderEpochHandler(log, registry));
        handlers.addAll(ingest.logDirectoryHandlers(List.of(hotDirectory())));
        server =
                KafkaServer.start(
                        KafkaServerConfig.loopback().withLimits(options.limits()),
                        handlers,
                        FrontDoorListener.NONE);
    }

    private LogDirectory hotDirectory() {
        return new LogDirectory() {
            @Override
            public String location() {
                return directory.toString();
            }

            @Override
            public long[] sizeBytes(Topic topic) {
                long[] sizes = new long[topic.partitionCount()];
                for (int i = 0; i < sizes.length; i++) {
                    sizes[i] = wal.sizeBytes(topic.partition(i));
                }
                return sizes;
            }

            @Override
            public long totalBytes() {
                return -1;
            }

            @Override
            public long usableBytes() {
                return -1;
            }
        };
    }

    /// @return its id
    public Uuid createTopic(String name, int partitions) {
        NewTopic topic = new NewTopic(name, partitions, (short) -1, List.of(), Map.of());
        return switch (ingest.topics().create(topic, false)) {
            case TopicOutcome.Done done -> done.topic().id();
            case TopicOutcome.Refused refused ->
                    throw new AssertionError("cannot create a topic: " + refused.error());
        };
    }

    /// Moves everything sealed into the archive, as the indexer does, without indexing it.
    public void archive() throws IOException {
        wal.sealNow();
        for (SealedSegment sealed : wal.sealedSegments()) {
            List<RecordSegment> segments = new ArrayList<>();
            for (TopicMetadata topic : registry.snapshot().topics()) {
                Path file = Files.createTempFile(directory, "segment", ".tar.gz");
                Optional<RecordSegmentFile> written =
                        RecordSegmentWriter.write(
                                topic,
                                List.of(sealed),
                                file,
                                new RecordSegmentWriter.Options(1, "test", false));
                if (written.isPresent()) {
                    objects.createIfAbsent(written.get().segment().object().key(), file);
                    segments.add(written.get().segment());
                }
            }
            if (!segments.isEmpty()) {
                registry.commit(_ -> Optional.of(RegistryChange.ofArchived(segments, List.of())));
            }
            wal.release(sealed);
        }
    }

    /// Reads partitions over both tiers, as the server wires it.
    public InternalLogReader reader() {
        return new InternalLogReader() {
            @Override
            public Range range(TopicIdPartition partition) throws IOException {
                PartitionBounds bounds =
                        log.bounds(partition)
                                .orElseThrow(() -> new IOException("no partition " + partition));
                return new Range(bounds.logStartOffset(), bounds.highWatermark());
            }

            @Override
            public FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes)
                    throws IOException {
                return switch (log.read(partition, offset, maxBytes)) {
                    case LogRead.Found found -> found.batches();
                    case LogRead.OutOfRange _, LogRead.UnknownPartition _ ->
                            throw new IOException(
                                    "no offset %d of %s".formatted(offset, partition));
                };
            }
        };
    }

    public String bootstrap() {
        return "127.0.0.1:" + server.port();
    }

    public KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap());
        all.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
        all.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 20_000);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    public KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap());
        all.putIfAbsent(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        all.putIfAbsent(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    public Admin admin() {
        return Admin.create(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap()));
    }

    @Override
    public void close() throws IOException {
        server.close();
        coordinators.close();
        wal.close();
    }
}
