package io.annals.query;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;

/// Serves record batches to consumers, from both tiers, with long polls.
///
/// Sessionless (KIP-227 allows it): every answer carries session id 0, so clients send every
/// partition every time. There are no transactions, so the last stable offset is the high watermark
/// and both isolation levels read the same.
public final class FetchHandler implements RequestHandler<FetchRequest> {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;

    private final TieredLog log;
    private final Registry registry;
    private final HighWatermarkWaiters waiters;
    private final int maxResponseBytes;
    private final Executor blocking;

    /// @param waiters hears the log's high watermarks
    /// @param maxResponseBytes bound for the record bytes of one response, whatever the client
    ///   asks; a larger first batch is served all the same
    /// @param blocking runs reads of the archive; virtual threads
    public FetchHandler(
            TieredLog log,
            Registry registry,
            HighWatermarkWaiters waiters,
            int maxResponseBytes,
            Executor blocking) {
        this.log = log;
        this.registry = registry;
        this.waiters = waiters;
        this.maxResponseBytes = maxResponseBytes;
        this.blocking = blocking;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FETCH;
    }

    @Override
    public Class<FetchRequest> requestType() {
        return FetchRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            FetchRequest request, RequestContext context) {
        if (!request.metadata().isFull()) { // continues a session that we never gave out
            return CompletableFuture.completedFuture(
                    Optional.of(
                            new FetchResponseData()
                                    .setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code())));
        }
        int maxBytes = Math.min(request.maxBytes(), maxResponseBytes);
        PendingFetch fetch =
                new PendingFetch(
                        new FetchAttempt.Wanted(partitions(request), maxBytes),
                        request,
                        context,
                        new PendingFetch.Services(log, waiters, blocking));
        return fetch.start();
    }

    private List<FetchAttempt.Partition> partitions(FetchRequest request) {
        boolean byId = request.version() >= FIRST_VERSION_WITH_TOPIC_IDS;
        RegistrySnapshot snapshot = registry.snapshot();
        List<FetchAttempt.Partition> partitions = new ArrayList<>();
        List<FetchTopic> topics = request.data().topics();
        for (int i = 0; i < topics.size(); i++) {
            FetchTopic topic = topics.get(i);
            Optional<TopicMetadata> known =
                    byId ? snapshot.topic(topic.topicId()) : snapshot.topic(topic.topic());
            Errors unknown = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            for (FetchPartition asked : topic.partitions()) {
                Optional<TopicIdPartition> partition =
                        known.map(metadata ->
                                new TopicIdPartition(
                                        metadata.id(),
                                        new TopicPartition(metadata.name(), asked.partition())));
                partitions.add(new FetchAttempt.Partition(i, topic, asked, partition, unknown));
            }
        }
        return partitions;
    }
}
