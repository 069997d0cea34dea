package io.annals.ingest;

import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.InitProducerIdRequest;

/// The write side of the front door, wired: its handlers and the topics behind them.
public final class Ingest {
    private final IngestConfig config;
    private final WriteAheadLog wal;
    private final Registry registry;
    private final TopicCatalog topics;
    private final InstantSource clock;
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
        this.producerIds = new ProducerIds(wal);
    }

    /// Call [TopicCatalog#openPartitions] before the handlers are served.
    public TopicCatalog topics() {
        return topics;
    }

    /// One per API key, to be registered with the front door.
    public List<RequestHandler<?>> handlers() {
        Executor blocking = Thread.ofVirtual().name("topic-admin-", 0)::start;
        List<RequestHandler<?>> handlers =
                new ArrayList<>(
                        List.of(
                                new ProduceHandler(topics, wal, config, clock),
                                new MetadataHandler(topics, wal, config, blocking),
                                BlockingHandler.of(
                                        ApiKeys.INIT_PRODUCER_ID,
                                        InitProducerIdRequest.class,
                                        (request, _) -> initProducerId(request),
                                        blocking)));
        AdminHandlers admin = admin(blocking);
        handlers.addAll(admin.ofTopics());
        handlers.addAll(admin.ofSettings());
        handlers.addAll(admin.ofCluster());
        return handlers;
    }

    /// Further handlers, which tell where records are kept.
    public List<RequestHandler<?>> logDirectoryHandlers(List<LogDirectory> directories) {
        return admin(Thread.ofVirtual().name("log-dirs-", 0)::start).ofLogDirectories(directories);
    }

    private AdminHandlers admin(Executor blocking) {
        return new AdminHandlers(config, topics, wal, registry, clock, blocking);
    }

    private InitProducerIdResponseData initProducerId(InitProducerIdRequest request) {
        InitProducerIdResponseData response =
                new InitProducerIdResponseData()
                        .setProducerId(RecordBatch.NO_PRODUCER_ID)
                        .setProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH);
        return request.data().transactionalId() == null
                ? response.setProducerId(producerIds.take()).setProducerEpoch((short) 0)
                : response.setErrorCode(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code());
    }
}
