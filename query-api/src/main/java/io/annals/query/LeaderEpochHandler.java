package io.annals.query;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;

/// Tells where a leader's epoch ends, by which consumers find out whether the log was truncated
/// under them (KIP-320).
public final class LeaderEpochHandler implements RequestHandler<OffsetsForLeaderEpochRequest> {
    private final RoutedLog log;
    private final Registry registry;

    /// Without topics of queries.
    public LeaderEpochHandler(TieredLog log, Registry registry) {
        this(log, Optional.empty(), registry);
    }

    public LeaderEpochHandler(TieredLog log, Optional<QueryTopicLog> queries, Registry registry) {
        this.log = new RoutedLog(log, queries);
        this.registry = registry;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public Class<OffsetsForLeaderEpochRequest> requestType() {
        return OffsetsForLeaderEpochRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            OffsetsForLeaderEpochRequest request, RequestContext context) {
        RegistrySnapshot snapshot = registry.snapshot();
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : request.data().topics()) {
            OffsetForLeaderTopicResult result =
                    new OffsetForLeaderTopicResult().setTopic(topic.topic());
            for (OffsetForLeaderPartition asked : topic.partitions()) {
                result.partitions()
                        .add(
                                log.topic(snapshot, topic.topic())
                                        .map(known ->
                                                new TopicIdPartition(
                                                        known.id(),
                                                        new TopicPartition(
                                                                known.name(), asked.partition())))
                                        .flatMap(log::bounds)
                                        .map(bounds -> answer(asked, bounds))
                                        .orElseGet(() ->
                                                error(asked, Errors.UNKNOWN_TOPIC_OR_PARTITION)));
            }
            response.topics().add(result);
        }
        return CompletableFuture.completedFuture(Optional.of(response));
    }

    private static EpochEndOffset answer(OffsetForLeaderPartition asked, PartitionBounds bounds) {
        Optional<Errors> stale = bounds.refusal(asked.currentLeaderEpoch());
        if (stale.isPresent()) {
            return error(asked, stale.get());
        }
        OptionalLong end = bounds.endOfEpoch(asked.leaderEpoch());
        return end.isEmpty()
                ? error(asked, Errors.NONE)
                : new EpochEndOffset()
                        .setPartition(asked.partition())
                        .setLeaderEpoch(asked.leaderEpoch())
                        .setEndOffset(end.getAsLong());
    }

    /// Without an epoch or an offset to tell.
    private static EpochEndOffset error(OffsetForLeaderPartition asked, Errors error) {
        return new EpochEndOffset()
                .setPartition(asked.partition())
                .setErrorCode(error.code())
                .setLeaderEpoch(OffsetsForLeaderEpochResponse.UNDEFINED_EPOCH)
                .setEndOffset(OffsetsForLeaderEpochResponse.UNDEFINED_EPOCH_OFFSET);
    }
}
