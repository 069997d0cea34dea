package io.annals.query;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds offsets by event time and by Kafka's special timestamps, over both tiers.
public final class ListOffsetsHandler implements RequestHandler<ListOffsetsRequest> {
    private static final Logger logger = LoggerFactory.getLogger(ListOffsetsHandler.class);
    private static final short FIRST_VERSION_WITH_EPOCH = 4;

    private final RoutedLog log;
    private final Registry registry;
    private final Executor blocking;

    /// Without topics of queries.
    public ListOffsetsHandler(TieredLog log, Registry registry, Executor blocking) {
        this(log, Optional.empty(), registry, blocking);
    }

    /// @param blocking runs the searches; virtual threads
    public ListOffsetsHandler(
            TieredLog log, Optional<QueryTopicLog> queries, Registry registry, Executor blocking) {
        this.log = new RoutedLog(log, queries);
        this.registry = registry;
        this.blocking = blocking;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public Class<ListOffsetsRequest> requestType() {
        return ListOffsetsRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            ListOffsetsRequest request, RequestContext context) {
        return CompletableFuture.supplyAsync(() -> Optional.of(answer(request)), blocking);
    }

    private ListOffsetsResponseData answer(ListOffsetsRequest request) {
        ListOffsetsResponseData response = new ListOffsetsResponseData();
        RegistrySnapshot snapshot = registry.snapshot();
        for (ListOffsetsTopic topic : request.data().topics()) {
            ListOffsetsTopicResponse answers = new ListOffsetsTopicResponse().setName(topic.name());
            Optional<TopicMetadata> known = log.topic(snapshot, topic.name());
            for (ListOffsetsPartition asked : topic.partitions()) {
                TopicPartition partition = new TopicPartition(topic.name(), asked.partitionIndex());
                answers.partitions()
                        .add(
                                refusal(request, partition, asked.timestamp())
                                        .map(error -> error(asked, error))
                                        .orElseGet(() -> answer(known, partition, asked, request)));
            }
            if (!answers.partitions().isEmpty()) {
                response.topics().add(answers);
            }
        }
        return response;
    }

    /// What is wrong with a question, whatever partition it is about.
    private static Optional<Errors> refusal(
            ListOffsetsRequest request, TopicPartition partition, long timestamp) {
        if (request.duplicatePartitions().contains(partition)) {
            return Optional.of(Errors.INVALID_REQUEST);
        }
        boolean isKnown =
                timestamp >= 0
                        || SpecialTimestamp.of(timestamp)
                                .filter(special -> request.version() >= special.sinceVersion())
                                .isPresent();
        return isKnown ? Optional.empty() : Optional.of(Errors.UNSUPPORTED_VERSION);
    }

    private ListOffsetsPartitionResponse answer(
            Optional<TopicMetadata> topic,
            TopicPartition partition,
            ListOffsetsPartition asked,
            ListOffsetsRequest request) {
        return topic.map(known ->
                        answer(new TopicIdPartition(known.id(), partition), asked, request))
                .orElse(error(asked, Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }

    private ListOffsetsPartitionResponse answer(
            TopicIdPartition partition, ListOffsetsPartition asked, ListOffsetsRequest request) {
        short version = request.version();
        Optional<PartitionBounds> bounds = log.bounds(partition);
        if (bounds.isEmpty()) {
            return error(asked, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        Optional<Errors> stale = bounds.get().refusal(asked.currentLeaderEpoch());
        if (stale.isPresent()) {
            return error(asked, stale.get());
        }
        IsolationLevel isolation = request.isolationLevel(); // fails the request if there is none
        try {
            return find(partition, asked.timestamp(), bounds.get(), isolation)
                    .map(found ->
                            blank(asked)
                                    .setTimestamp(found.timestampMs())
                                    .setOffset(found.offset())
                                    .setLeaderEpoch(
                                            version >= FIRST_VERSION_WITH_EPOCH
                                                    ? found.leaderEpoch()
                                                    : ListOffsetsResponse.UNKNOWN_EPOCH))
                    .orElse(blank(asked));
        } catch (IOException | RuntimeException unreadable) {
            logger.atWarn().setCause(unreadable).log("cannot search {}", partition);
            return error(asked, Errors.KAFKA_STORAGE_ERROR);
        }
    }

    private Optional<TimestampOffset> find(
            TopicIdPartition partition,
            long timestamp,
            PartitionBounds bounds,
            IsolationLevel isolation)
            throws IOException {
        long end = bounds.endOffset(isolation);
        if (timestamp >= 0) {
            return log.offsetForTimestamp(partition, timestamp)
                    .filter(found -> found.offset() < end);
        }
        RegistrySnapshot snapshot = registry.snapshot();
        long archivedEnd = snapshot.archivedEndOffset(partition.topicId(), partition.partition());
        boolean isTiered =
                snapshot.archivedStartOffset(partition.topicId(), partition.partition())
                        .isPresent();
        return switch (SpecialTimestamp.of(timestamp).orElseThrow()) {
            case LATEST -> at(end, bounds);
            case EARLIEST -> at(bounds.logStartOffset(), bounds);
            case MAX_TIMESTAMP -> log.maxTimestamp(partition).filter(found -> found.offset() < end);
            case EARLIEST_LOCAL ->
                    at(Math.max(bounds.logStartOffset(), bounds.localLogStartOffset()), bounds);
            case LATEST_TIERED -> at(isTiered ? archivedEnd - 1 : -1, bounds);
            case EARLIEST_PENDING_UPLOAD ->
                    at(Math.max(bounds.logStartOffset(), archivedEnd), bounds);
        };
    }

    private static Optional<TimestampOffset> at(long offset, PartitionBounds bounds) {
        return offset < 0
                ? Optional.empty()
                : Optional.of(
                        new TimestampOffset(
                                ListOffsetsResponse.UNKNOWN_TIMESTAMP,
                                offset,
                                bounds.leaderEpoch()));
    }

    private static ListOffsetsPartitionResponse error(ListOffsetsPartition asked, Errors error) {
        return blank(asked).setErrorCode(error.code());
    }

    private static ListOffsetsPartitionResponse blank(ListOffsetsPartition asked) {
        return new ListOffsetsPartitionResponse()
                .setPartitionIndex(asked.partitionIndex())
                .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP)
                .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET)
                .setLeaderEpoch(ListOffsetsResponse.UNKNOWN_EPOCH);
    }
}
