package io.annals.ingest.group;

import io.annals.ingest.TopicCatalog;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/// Asking for what groups have committed, in all versions of the request: whoever knows the offsets
/// knows topics by name, newer requests name them by id.
final class OffsetFetchApi {
    private final TopicCatalog topics;
    private final Source source;

    /// Where committed offsets are known, by topic name.
    @FunctionalInterface
    interface Source {
        CompletableFuture<OffsetFetchResponseGroup> fetch(
                Caller caller, OffsetFetchRequestGroup group, boolean requireStable);
    }

    OffsetFetchApi(TopicCatalog topics, Source source) {
        this.topics = topics;
        this.source = source;
    }

    RequestHandler<OffsetFetchRequest> handler() {
        return new GroupHandler<>(ApiKeys.OFFSET_FETCH, OffsetFetchRequest.class, this::fetch);
    }

    private CompletableFuture<? extends ApiMessage> fetch(
            OffsetFetchRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.OFFSET_FETCH, context);
        List<CompletableFuture<OffsetFetchResponseGroup>> answers = new ArrayList<>();
        for (OffsetFetchRequestGroup asked : request.groups()) {
            answers.add(
                    fetch(caller, asked, request)
                            .exceptionally(failure ->
                                    OffsetFetchResponse.groupError(
                                            asked,
                                            Errors.forException(failure),
                                            request.version())));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(_ -> {
                    List<OffsetFetchResponseGroup> groups =
                            answers.stream().map(CompletableFuture::join).toList();
                    return new OffsetFetchResponse.Builder(groups).build(request.version()).data();
                });
    }

    private CompletableFuture<OffsetFetchResponseGroup> fetch(
            Caller caller, OffsetFetchRequestGroup asked, OffsetFetchRequest request) {
        boolean byId = OffsetFetchRequest.useTopicIds(request.version());
        List<OffsetFetchResponseTopics> unknown = new ArrayList<>();
        OffsetFetchRequestGroup known = byId ? named(asked, unknown) : asked;
        return source.fetch(caller, known, request.requireStable())
                .thenApply(group -> {
                    if (group.errorCode() == Errors.NONE.code() && byId) {
                        List<OffsetFetchResponseTopics> all = identified(group.topics());
                        all.addAll(unknown);
                        group.setTopics(all);
                    }
                    return group;
                });
    }

    /// The same question with topics by name; topics that do not exist are answered in `unknown`.
    private OffsetFetchRequestGroup named(
            OffsetFetchRequestGroup asked, List<OffsetFetchResponseTopics> unknown) {
        if (asked.topics() == null) {
            return asked;
        }
        List<OffsetFetchRequestTopics> known = new ArrayList<>();
        for (OffsetFetchRequestTopics topic : asked.topics()) {
            topics.topic(topic.topicId())
                    .ifPresentOrElse(
                            found -> known.add(topic.duplicate().setName(found.name())),
                            () -> unknown.add(unknown(topic)));
        }
        return asked.duplicate().setTopics(known);
    }

    private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics topic) {
        return new OffsetFetchResponseTopics()
                .setTopicId(topic.topicId())
                .setPartitions(
                        topic.partitionIndexes().stream()
                                .map(index ->
                                        new OffsetFetchResponsePartitions()
                                                .setPartitionIndex(index)
                                                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                                                .setCommittedOffset(
                                                        OffsetFetchResponse.INVALID_OFFSET)
                                                .setMetadata(OffsetFetchResponse.NO_METADATA))
                                .toList());
    }

    /// With ids, and without topics that have none any more: they cannot be named in this version.
    private List<OffsetFetchResponseTopics> identified(List<OffsetFetchResponseTopics> fetched) {
        List<OffsetFetchResponseTopics> identified = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : fetched) {
            if (topic.topicId().equals(Uuid.ZERO_UUID)) {
                topics.topic(topic.name()).ifPresent(found -> topic.setTopicId(found.id()));
            }
            if (!topic.topicId().equals(Uuid.ZERO_UUID)) {
                identified.add(topic);
            }
        }
        return identified;
    }
}
