package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.Uuid;
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
        return mayCreate(request)
                ? CompletableFuture.supplyAsync(
                        () -> Optional.of(describe(request, context)), blocking)
                : CompletableFuture.completedFuture(Optional.of(describe(request, context)));
    }

    private boolean mayCreate(MetadataRequest request) {
        return creates(request)
                && request.data().topics().stream()
                        .anyMatch(topic -> topic.name() != null && find(topic).isEmpty());
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
        if (request.isAllTopics()) {
            topics.topics().forEach(topic -> response.topics().add(describe(topic)));
        } else {
            for (MetadataRequestTopic asked : request.data().topics()) {
                response.topics().add(describe(asked, creates(request)));
            }
        }
        return response;
    }

    private Optional<Topic> find(MetadataRequestTopic asked) {
        return asked.name() == null ? topics.topic(asked.topicId()) : topics.topic(asked.name());
    }

    private MetadataResponseTopic describe(MetadataRequestTopic asked, boolean create) {
        Optional<Topic> topic = find(asked);
        if (topic.isPresent()) {
            return describe(topic.get());
        }
        if (asked.name() == null) {
            return unknown(asked, Errors.UNKNOWN_TOPIC_ID);
        }
        if (!org.apache.kafka.common.internals.Topic.isValid(asked.name())) {
            return unknown(asked, Errors.INVALID_TOPIC_EXCEPTION);
        }
        if (!create
                || InternalTopic.isInternal(asked.name())
                || VirtualTopics.isVirtual(asked.name())) {
            return unknown(asked, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        Errors error = topics.create(NewTopic.named(asked.name()), false).error().error();
        return topics.topic(asked.name()) // created now, or by somebody else meanwhile
                .map(this::describe)
                .orElseGet(() -> unknown(asked, error));
    }

    private static MetadataResponseTopic unknown(MetadataRequestTopic asked, Errors error) {
        return new MetadataResponseTopic()
                .setName(asked.name())
                .setTopicId(asked.name() == null ? asked.topicId() : Uuid.ZERO_UUID)
                .setErrorCode(error.code());
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
