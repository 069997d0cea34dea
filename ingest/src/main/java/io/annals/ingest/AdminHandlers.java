package io.annals.ingest;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterReplicaLogDirsRequest;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeQuorumRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.common.requests.UpdateFeaturesRequest;

/// The handlers of everything that administrators ask.
final class AdminHandlers {
    private final IngestConfig config;
    private final BrokerConfigs brokerConfigs;
    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final Registry registry;
    private final InstantSource clock;
    private final Executor blocking;

    /// @param blocking runs the requests; virtual threads
    AdminHandlers(
            IngestConfig config,
            BrokerConfigs brokerConfigs,
            TopicCatalog topics,
            WriteAheadLog wal,
            Registry registry,
            InstantSource clock,
            Executor blocking) {
        this.config = config;
        this.brokerConfigs = brokerConfigs;
        this.topics = topics;
        this.wal = wal;
        this.registry = registry;
        this.clock = clock;
        this.blocking = blocking;
    }

    List<RequestHandler<?>> ofTopics() {
        SettingsView view = new SettingsView(topics.settings(), brokerConfigs);
        TopicAdmin admin = new TopicAdmin(topics, wal, view);
        TopicDeletion deletion = new TopicDeletion(topics);
        TopicDescriptions descriptions = new TopicDescriptions(topics, wal, config.nodeId());
        return List.of(
                handler(
                        ApiKeys.CREATE_TOPICS,
                        CreateTopicsRequest.class,
                        inTime(request -> request.data().timeoutMs(), admin::createTopics)),
                handler(ApiKeys.DELETE_TOPICS, DeleteTopicsRequest.class, deletion::delete),
                handler(
                        ApiKeys.CREATE_PARTITIONS,
                        CreatePartitionsRequest.class,
                        inTime(request -> request.data().timeoutMs(), admin::createPartitions)),
                handler(ApiKeys.DELETE_RECORDS, DeleteRecordsRequest.class, admin::deleteRecords),
                handler(
                        ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                        DescribeTopicPartitionsRequest.class,
                        descriptions::describe));
    }

    List<RequestHandler<?>> ofSettings(Coordinators coordinators, LogLevels levels) {
        SettingsView view = new SettingsView(topics.settings(), brokerConfigs);
        LoggerSettings loggers = new LoggerSettings(levels, config.nodeId());
        ConfigDescriptions descriptions =
                new ConfigDescriptions(
                        topics, view, loggers, coordinators.dynamicSettings(), config.nodeId());
        GroupConfigChanges groups =
                new GroupConfigChanges(coordinators.dynamicSettings(), coordinators.groupConfigs());
        BrokerConfigChanges brokers =
                new BrokerConfigChanges(
                        coordinators.dynamicSettings(),
                        brokerConfigs,
                        String.valueOf(config.nodeId()));
        ConfigChanges changes = new ConfigChanges(topics, groups, brokers, loggers);
        return List.of(
                handler(
                        ApiKeys.DESCRIBE_CONFIGS,
                        DescribeConfigsRequest.class,
                        descriptions::describe),
                handler(
                        ApiKeys.LIST_CONFIG_RESOURCES,
                        ListConfigResourcesRequest.class,
                        descriptions::list),
                handler(
                        ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                        IncrementalAlterConfigsRequest.class,
                        changes::alter),
                handler(ApiKeys.ALTER_CONFIGS, AlterConfigsRequest.class, changes::replace));
    }

    List<RequestHandler<?>> ofCluster() {
        ClusterAdmin cluster = new ClusterAdmin(config, registry, clock);
        ReplicaAdmin replicas = new ReplicaAdmin(topics, config.nodeId());
        return List.of(
                BlockingHandler.of(
                        ApiKeys.DESCRIBE_CLUSTER,
                        DescribeClusterRequest.class,
                        (DescribeClusterRequest request, RequestContext context) ->
                                cluster.describe(request, context),
                        blocking),
                handler(
                        ApiKeys.DESCRIBE_QUORUM,
                        DescribeQuorumRequest.class,
                        cluster::describeQuorum),
                handler(
                        ApiKeys.UPDATE_FEATURES,
                        UpdateFeaturesRequest.class,
                        cluster::updateFeatures),
                handler(
                        ApiKeys.UNREGISTER_BROKER,
                        UnregisterBrokerRequest.class,
                        cluster::unregister),
                handler(
                        ApiKeys.ELECT_LEADERS,
                        ElectLeadersRequest.class,
                        inTime(request -> request.data().timeoutMs(), replicas::electLeaders)),
                handler(
                        ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                        AlterPartitionReassignmentsRequest.class,
                        inTime(request -> request.data().timeoutMs(), replicas::reassign)),
                handler(
                        ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                        ListPartitionReassignmentsRequest.class,
                        _ -> replicas.listReassignments()));
    }

    List<RequestHandler<?>> ofLogDirectories(List<LogDirectory> directories) {
        LogDirectories admin = new LogDirectories(topics, directories);
        return List.of(
                handler(ApiKeys.DESCRIBE_LOG_DIRS, DescribeLogDirsRequest.class, admin::describe),
                handler(
                        ApiKeys.ALTER_REPLICA_LOG_DIRS,
                        AlterReplicaLogDirsRequest.class,
                        admin::move));
    }

    /// Kafka's controller does nothing when the client has no time to wait for it.
    private static <R extends AbstractRequest> Function<R, ApiMessage> inTime(
            ToIntFunction<R> timeoutMs, Function<R, ApiMessage> work) {
        return request -> {
            requireTime(timeoutMs.applyAsInt(request));
            return work.apply(request);
        };
    }

    static void requireTime(int timeoutMs) {
        if (timeoutMs <= 0) {
            throw Errors.REQUEST_TIMED_OUT.exception();
        }
    }

    private <R extends AbstractRequest> RequestHandler<R> handler(
            ApiKeys apiKey, Class<R> requestType, Function<R, ApiMessage> work) {
        return BlockingHandler.of(
                apiKey, requestType, (request, _) -> work.apply(request), blocking);
    }
}
