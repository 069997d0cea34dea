package io.annals.ingest.group;

import static org.apache.kafka.common.utils.internals.BufferSupplier.NO_CACHING;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.TxnOffsetCommitRequest;
import org.apache.kafka.common.requests.TxnOffsetCommitResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/// What a group has read: committing, asking for and deleting offsets. The coordinator knows topics
/// by name and takes whatever partition it is told, so here ids become names, and topics and
/// partitions that do not exist are refused one by one, as Kafka's request layer does it.
final class OffsetApis {
    private static final short FIRST_THAT_KNOWS_LOADING = 2;

    private final TopicCatalog topics;
    private final Supplier<CompletableFuture<GroupCoordinator>> coordinator;

    OffsetApis(TopicCatalog topics, Supplier<CompletableFuture<GroupCoordinator>> coordinator) {
        this.topics = topics;
        this.coordinator = coordinator;
    }

    List<RequestHandler<?>> handlers() {
        return List.of(
                new GroupHandler<>(ApiKeys.OFFSET_COMMIT, OffsetCommitRequest.class, this::commit),
                new OffsetFetchApi(
                                topics,
                                (caller, group, requireStable) ->
                                        coordinator
                                                .get()
                                                .thenCompose(groups ->
                                                        groups.fetchOffsets(
                                                                caller, group, requireStable)))
                        .handler(),
                new GroupHandler<>(ApiKeys.OFFSET_DELETE, OffsetDeleteRequest.class, this::delete),
                new GroupHandler<>(
                        ApiKeys.TXN_OFFSET_COMMIT, TxnOffsetCommitRequest.class, this::commitTxn));
    }

    private CompletableFuture<? extends ApiMessage> commit(
            OffsetCommitRequest request, RequestContext context) {
        boolean byId = OffsetCommitResponse.useTopicIds(request.version());
        OffsetCommitResponse.Builder response = OffsetCommitResponse.newBuilder(byId);
        List<OffsetCommitRequestTopic> known = new ArrayList<>();
        for (OffsetCommitRequestTopic asked : request.data().topics()) {
            Optional<Topic> topic = find(byId, asked.topicId(), asked.name());
            topic.ifPresent(found -> asked.setName(found.name()));
            List<OffsetCommitRequestPartition> partitions =
                    existing(
                            topic,
                            asked.partitions(),
                            OffsetCommitRequestPartition::partitionIndex,
                            index ->
                                    response.addPartition(
                                            asked.topicId(),
                                            asked.name(),
                                            index,
                                            unknown(byId, topic)));
            if (!partitions.isEmpty()) {
                known.add(asked.duplicate().setPartitions(partitions));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(response.build().data());
        }
        Caller caller = new Caller(ApiKeys.OFFSET_COMMIT, context);
        return coordinator
                .get()
                .thenCompose(groups ->
                        groups.commitOffsets(
                                caller, request.data().duplicate().setTopics(known), NO_CACHING))
                .thenApply(data -> response.merge(data).build().data());
    }

    private Optional<Topic> find(boolean byId, Uuid id, String name) {
        return byId ? topics.topic(id) : topics.topic(name);
    }

    private static Errors unknown(boolean byId, Optional<Topic> topic) {
        return byId && topic.isEmpty()
                ? Errors.UNKNOWN_TOPIC_ID
                : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }

    /// Those of the partitions that exist; `refuse` is told the index of each other one.
    private static <P> List<P> existing(
            Optional<Topic> topic,
            List<P> partitions,
            ToIntFunction<P> indexOf,
            IntConsumer refuse) {
        List<P> existing = new ArrayList<>();
        for (P partition : partitions) {
            int index = indexOf.applyAsInt(partition);
            if (topic.filter(found -> found.hasPartition(index)).isPresent()) {
                existing.add(partition);
            } else {
                refuse.accept(index);
            }
        }
        return existing;
    }

    private CompletableFuture<? extends ApiMessage> commitTxn(
            TxnOffsetCommitRequest request, RequestContext context) {
        boolean byId = TxnOffsetCommitResponse.useTopicIds(request.version());
        TxnOffsetCommitResponse.Builder response = TxnOffsetCommitResponse.newBuilder(byId);
        List<TxnOffsetCommitRequestTopic> known = new ArrayList<>();
        for (TxnOffsetCommitRequestTopic asked : request.data().topics()) {
            Optional<Topic> topic = find(byId, asked.topicId(), asked.name());
            topic.ifPresent(found -> asked.setName(found.name()));
            List<TxnOffsetCommitRequestPartition> partitions =
                    existing(
                            topic,
                            asked.partitions(),
                            TxnOffsetCommitRequestPartition::partitionIndex,
                            index ->
                                    response.addPartition(
                                            asked.topicId(),
                                            asked.name(),
                                            index,
                                            unknown(byId, topic)));
            if (!partitions.isEmpty()) {
                known.add(asked.duplicate().setPartitions(partitions));
            }
        }
        if (known.isEmpty()) {
            return CompletableFuture.completedFuture(response.build().data());
        }
        Caller caller = new Caller(ApiKeys.TXN_OFFSET_COMMIT, context);
        return coordinator
                .get()
                .thenCompose(groups ->
                        groups.commitTransactionalOffsets(
                                caller, request.data().duplicate().setTopics(known), NO_CACHING))
                .thenApply(data -> forOldClients(request, response.merge(data).build().data()));
    }

    /// Producers before 2.0 die of COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296).
    private static TxnOffsetCommitResponseData forOldClients(
            TxnOffsetCommitRequest request, TxnOffsetCommitResponseData response) {
        if (request.version() < FIRST_THAT_KNOWS_LOADING) {
            response.topics().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .filter(partition ->
                            partition.errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code())
                    .forEach(partition ->
                            partition.setErrorCode(Errors.COORDINATOR_NOT_AVAILABLE.code()));
        }
        return response;
    }

    private CompletableFuture<? extends ApiMessage> delete(
            OffsetDeleteRequest request, RequestContext context) {
        OffsetDeleteResponse.Builder response = new OffsetDeleteResponse.Builder();
        OffsetDeleteRequestTopicCollection known = new OffsetDeleteRequestTopicCollection();
        for (OffsetDeleteRequestTopic asked : request.data().topics()) {
            List<OffsetDeleteRequestPartition> partitions =
                    existing(
                            topics.topic(asked.name()),
                            asked.partitions(),
                            OffsetDeleteRequestPartition::partitionIndex,
                            index ->
                                    response.addPartition(
                                            asked.name(),
                                            index,
                                            Errors.UNKNOWN_TOPIC_OR_PARTITION));
            if (!partitions.isEmpty()) {
                known.add(
                        new OffsetDeleteRequestTopic()
                                .setName(asked.name())
                                .setPartitions(partitions));
            }
        }
        Caller caller = new Caller(ApiKeys.OFFSET_DELETE, context);
        OffsetDeleteRequestData wanted =
                new OffsetDeleteRequestData().setGroupId(request.data().groupId()).setTopics(known);
        return coordinator
                .get()
                .thenCompose(groups -> groups.deleteOffsets(caller, wanted, NO_CACHING))
                .thenApply(data -> response.merge(data).build().data());
    }
}
