package io.annals.ingest;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.InitProducerIdRequest;

/// The write side of the front door, wired: its handlers and the topics behind them.
public final class Ingest {
    private static final byte BROKER_ENDPOINTS = 1;

    private final IngestConfig config;
    private final WriteAheadLog wal;
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
        SettingsView view = new SettingsView(topics.settings(), config);
        TopicAdmin topicAdmin = new TopicAdmin(topics, wal, view);
        ConfigAdmin configAdmin = new ConfigAdmin(topics, view, config.nodeId());
        return List.of(
                new ProduceHandler(topics, wal, config, clock),
                new MetadataHandler(topics, wal, config, blocking),
                BlockingHandler.of(
                        ApiKeys.CREATE_TOPICS,
                        CreateTopicsRequest.class,
                        (request, _) -> topicAdmin.createTopics(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.DELETE_TOPICS,
                        DeleteTopicsRequest.class,
                        (request, _) -> topicAdmin.deleteTopics(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.CREATE_PARTITIONS,
                        CreatePartitionsRequest.class,
                        (request, _) -> topicAdmin.createPartitions(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.DELETE_RECORDS,
                        DeleteRecordsRequest.class,
                        (request, _) -> topicAdmin.deleteRecords(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.DESCRIBE_CONFIGS,
                        DescribeConfigsRequest.class,
                        (request, _) -> configAdmin.describe(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                        IncrementalAlterConfigsRequest.class,
                        (request, _) -> configAdmin.alter(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.INIT_PRODUCER_ID,
                        InitProducerIdRequest.class,
                        (request, _) -> initProducerId(request),
                        blocking),
                BlockingHandler.of(
                        ApiKeys.DESCRIBE_CLUSTER,
                        DescribeClusterRequest.class,
                        this::describeCluster,
                        blocking));
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

    private DescribeClusterResponseData describeCluster(
            DescribeClusterRequest request, RequestContext context) {
        if (request.data().endpointType() != BROKER_ENDPOINTS) {
            return new DescribeClusterResponseData()
                    .setErrorCode(Errors.MISMATCHED_ENDPOINT_TYPE.code())
                    .setErrorMessage("This listener serves brokers only.");
        }
        DescribeClusterResponseData response =
                new DescribeClusterResponseData()
                        .setClusterId(config.clusterId())
                        .setControllerId(config.nodeId());
        response.brokers()
                .add(
                        new DescribeClusterBroker()
                                .setBrokerId(config.nodeId())
                                .setHost(context.listener().host())
                                .setPort(context.listener().port()));
        return response;
    }
}
