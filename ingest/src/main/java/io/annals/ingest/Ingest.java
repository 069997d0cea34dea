package io.annals.ingest;

import io.annals.ingest.internal.InternalLogReader;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/// The write side of the front door, wired: its handlers and the topics behind them.
public final class Ingest {
    private final IngestConfig config;
    private final WriteAheadLog wal;
    private final Registry registry;
    private final TopicCatalog topics;
    private final InstantSource clock;
    private final BrokerConfigs brokerConfigs;
    private final ProducerIds producerIds;

    /// @param topicIds makes the ids of new topics
    public Ingest(
            IngestConfig config,
            WriteAheadLog wal,
            Registry registry,
            InstantSource clock,
            Supplier<Uuid> topicIds) {
        this.config = config;
        this.wal = wal;
        this.registry = registry;
        this.clock = clock;
        this.topics = new TopicCatalog(registry, wal, config, clock, topicIds);
        this.brokerConfigs = new BrokerConfigs(config);
        brokerConfigs.addListener(() -> topics.useDefaults(brokerConfigs.topicDefaults()));
        this.producerIds = new ProducerIds(wal);
    }

    /// Call [TopicCatalog#openPartitions] before the handlers are served.
    public TopicCatalog topics() {
        return topics;
    }

    /// The settings of this broker as they are now.
    public BrokerConfigs brokerConfigs() {
        return brokerConfigs;
    }

    /// Makes ids for producers; may block.
    LongSupplier producerIds() {
        return producerIds::take;
    }

    /// Makes the coordinators of groups and transactions, to be made once and then started.
    ///
    /// @param reader reads internal topics over both tiers
    public Coordinators coordinators(InternalLogReader reader, Coordinators.Settings settings) {
        return new Coordinators(
                new Coordinators.Parts(this, wal, reader, clock), config.nodeId(), settings);
    }

    /// One per API key, to be registered with the front door; those of the coordinators among them.
    ///
    /// @param levels of the loggers that clients may ask for and change
    public List<RequestHandler<?>> handlers(Coordinators coordinators, LogLevels levels) {
        Executor blocking = Thread.ofVirtual().name("topic-admin-", 0)::start;
        List<RequestHandler<?>> handlers =
                new ArrayList<>(
                        List.of(
                                new ProduceHandler(
                                        topics,
                                        wal,
                                        coordinators.transactions().coordinator(),
                                        config,
                                        clock),
                                new MetadataHandler(topics, wal, config, blocking)));
        handlers.addAll(coordinators.handlers());
        AdminHandlers admin = admin(blocking);
        handlers.addAll(admin.ofTopics());
        handlers.addAll(admin.ofSettings(coordinators, levels));
        handlers.addAll(admin.ofCluster());
        return handlers;
    }

    /// Further handlers, which tell where records are kept.
    public List<RequestHandler<?>> logDirectoryHandlers(List<LogDirectory> directories) {
        return admin(Thread.ofVirtual().name("log-dirs-", 0)::start).ofLogDirectories(directories);
    }

    private AdminHandlers admin(Executor blocking) {
        return new AdminHandlers(config, brokerConfigs, topics, wal, registry, clock, blocking);
    }
}
