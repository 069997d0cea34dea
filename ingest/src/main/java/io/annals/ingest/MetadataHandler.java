package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;

/// Tells clients about the one broker and its topics, and creates topics on first use.
final class MetadataHandler implements RequestHandler<MetadataRequest> {
    private static final short FIRST_VERSION_BY_ID = 12;
    private static final short FIRST_VERSION_WITH_OPERATIONS = 8;
    private static final short LAST_VERSION_WITH_CLUSTER_OPERATIONS = 10;

    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final IngestConfig config;
    private final Executor blocking;

    MetadataHandler(
            TopicCatalog topics, WriteAheadLog wal, IngestConfig config, Executor blocking) {
        this.topics = topics;
        this.wal = wal;
        this.config = config;
        this.blocking = blocking;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.METADATA;
    }

    @Override
    public Class<MetadataRequest> requestType() {
        return MetadataRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            MetadataRequest request, RequestContext context) {
        requireAnswerable(request);
        return mayCreate(request)
                ? CompletableFuture.supplyAsync(
                        () -> Optional.of(describe(request, context)), blocking)
                : CompletableFuture.completedFuture(Optional.of(describe(request, context)));
    }

    /// As Kafka: ids came with version 12, as did the choice to give no name.
    private static void requireAnswerable(MetadataRequest request) {
        if (request.isAllTopics()) {
            return;
        }
        for (MetadataRequestTopic topic : request.data().topics()) {
            if (request.version() >= FIRST_VERSION_BY_ID) {
                if (topic.name() == null && topic.topicId().equals(Uuid.ZERO_UUID)) {
                    throw new InvalidRequestException("A topic has neither name nor id.");
                }
                continue;
            }
            if (topic.name() == null) {
                throw new InvalidRequestException(
                        "Topic name can not be null for version " + request.version());
            }
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                throw new InvalidRequestException(
                        "Topic IDs are not supported in requests for version " + request.version());
            }
        }
    }

    private boolean mayCreate(MetadataRequest request) {
        return creates(request)
                && ids(request).isEmpty()
                && names(request).stream().anyMatch(name -> topics.topic(name).isEmpty());
    }

    private boolean creates(MetadataRequest request) {
        return config.autoCreateTopics()
                && request.allowAutoTopicCreation()
                && !request.isAllTopics();
    }

    private MetadataResponseData describe(MetadataRequest request, RequestContext context) {
        MetadataResponseData response =
                new MetadataResponseData()
                        .setClusterId(config.clusterId())
                        .setControllerId(config.nodeId());
        response.brokers()
                .add(
                        new MetadataResponseBroker()
                                .setNodeId(config.nodeId())
                                .setHost(context.listener().host())
                                .setPort(context.listener().port()));
        Set<Uuid> ids = ids(request);
        if (request.isAllTopics()) {
            topics.topics().forEach(topic -> response.topics().add(describe(topic)));
        } else if (ids.isEmpty()) {
            boolean create = creates(request);
            names(request).forEach(name -> response.topics().add(describe(name, create)));
        } else {
            ids.forEach(id ->
                    response.topics()
                            .add(
                                    topics.topic(id)
                                            .map(this::describe)
                                            .orElseGet(() -> unknown(id))));
        }
        return withOperations(response, request);
    }

    /// If a request names any topic by its id, names are not looked at, as in Kafka.
    private static Set<Uuid> ids(MetadataRequest request) {
        return request.isAllTopics()
                ? Set.of()
                : request.data().topics().stream()
                        .map(MetadataRequestTopic::topicId)
                        .filter(id -> !id.equals(Uuid.ZERO_UUID))
                        .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static Set<String> names(MetadataRequest request) {
        return request.data().topics().stream()
                .flatMap(topic -> Stream.ofNullable(topic.name()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static MetadataResponseData withOperations(
            MetadataResponseData response, MetadataRequest request) {
        if (request.version() < FIRST_VERSION_WITH_OPERATIONS) {
            return response;
        }
        if (request.version() <= LAST_VERSION_WITH_CLUSTER_OPERATIONS
                && request.data().includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        if (request.data().includeTopicAuthorizedOperations()) {
            response.topics().stream()
                    .filter(topic -> topic.errorCode() != Errors.UNKNOWN_TOPIC_ID.code())
                    .forEach(topic ->
                            topic.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC));
        }
        return response;
    }

    private MetadataResponseTopic describe(String name, boolean create) {
        Optional<Topic> topic = topics.topic(name);
        if (topic.isPresent()) {
            return describe(topic.get());
        }
        if (!org.apache.kafka.common.internals.Topic.isValid(name)) {
            return unknown(name, Errors.INVALID_TOPIC_EXCEPTION);
        }
        if (!create || InternalTopic.isInternal(name) || VirtualTopics.isVirtual(name)) {
            return unknown(name, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        Errors error = topics.create(NewTopic.named(name), false).error().error();
        return topics.topic(name) // created now, or by somebody else meanwhile
                .map(this::describe)
                .orElseGet(() -> unknown(name, error));
    }

    private static MetadataResponseTopic unknown(Uuid id) {
        return new MetadataResponseTopic()
                .setName(null)
                .setTopicId(id)
                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code());
    }

    private static MetadataResponseTopic unknown(String name, Errors error) {
        return new MetadataResponseTopic().setName(name).setErrorCode(error.code());
    }

    private MetadataResponseTopic describe(Topic topic) {
        MetadataResponseTopic response =
                new MetadataResponseTopic()
                        .setName(topic.name())
                        .setTopicId(topic.id())
                        .setIsInternal(InternalTopic.isInternal(topic.name()));
        List<Integer> thisBroker = List.of(config.nodeId());
        for (int i = 0; i < topic.partitionCount(); i++) {
            int leaderEpoch =
                    wal.partition(topic.partition(i)).map(PartitionState::leaderEpoch).orElse(0);
            response.partitions()
                    .add(
                            new MetadataResponsePartition()
                                    .setPartitionIndex(i)
                                    .setLeaderId(config.nodeId())
                                    .setLeaderEpoch(leaderEpoch)
                                    .setReplicaNodes(thisBroker)
                                    .setIsrNodes(thisBroker));
        }
        return response;
    }
}
