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
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.jspecify.annotations.Nullable;

/// Serves record batches to consumers, from both tiers, with long polls and fetch sessions
/// (KIP-227).
///
/// Readers of committed records get what lies below the last stable offset and the list of aborted
/// transactions in it (KIP-98); the batches are the same bytes for everyone.
public final class FetchHandler implements RequestHandler<FetchRequest> {
    private final Registry registry;
    private final RoutedLog log;
    private final FetchSessions sessions;
    private final PendingFetch.Services services;
    private final int maxResponseBytes;

    /// What fetches read and wait for.
    ///
    /// @param queries what they read instead of the log when they ask for the topic of a query
    /// @param waiters hears the log's high watermarks
    public record Sources(
            TieredLog log,
            Optional<QueryTopicLog> queries,
            Registry registry,
            HighWatermarkWaiters waiters,
            FetchSessions sessions) {

        /// Without topics of queries.
        public Sources(
                TieredLog log,
                Registry registry,
                HighWatermarkWaiters waiters,
                FetchSessions sessions) {
            this(log, Optional.empty(), registry, waiters, sessions);
        }
    }

    /// @param maxResponseBytes bound for the record bytes of one response, whatever the client
    ///   asks; a larger first batch is served all the same
    /// @param blocking runs reads of the archive; virtual threads
    public FetchHandler(Sources sources, int maxResponseBytes, Executor blocking) {
        this.registry = sources.registry();
        this.log = new RoutedLog(sources.log(), sources.queries());
        this.sessions = sources.sessions();
        this.services = new PendingFetch.Services(log, sources.waiters(), blocking);
        this.maxResponseBytes = maxResponseBytes;
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
        FetchContext fetch = sessions.context(request);
        if (fetch instanceof FetchContext.Refused refused) {
            return CompletableFuture.completedFuture(Optional.of(refused.respond(List.of())));
        }
        int maxBytes = Math.min(request.maxBytes(), maxResponseBytes);
        FetchAttempt.Wanted wanted =
                new FetchAttempt.Wanted(
                        partitions(fetch),
                        Math.min(request.minBytes(), maxBytes),
                        maxBytes,
                        request.maxWait(),
                        request.isolationLevel(),
                        request.isFromFollower());
        return new PendingFetch(wanted, fetch, context, services).start();
    }

    private List<FetchAttempt.Partition> partitions(FetchContext fetch) {
        RegistrySnapshot snapshot = registry.snapshot();
        TopicNames names = fetch.names();
        List<FetchAttempt.Partition> partitions = new ArrayList<>(fetch.asked().size());
        @Nullable FetchTarget last = null;
        Topic topic = new Topic(Optional.empty(), Errors.UNKNOWN_TOPIC_ID);
        for (FetchContext.Asked one : fetch.asked()) {
            FetchTarget target = one.target();
            if (last == null || !target.isSameTopic(last)) {
                topic = topic(snapshot, target, names);
            }
            last = target;
            partitions.add(
                    new FetchAttempt.Partition(
                            target, one.asked(), topic.partition(target), topic.missing()));
        }
        return partitions;
    }

    /// A topic that is asked for.
    ///
    /// @param found empty if there is none
    /// @param missing what to tell then
    private record Topic(Optional<TopicMetadata> found, Errors missing) {

        Optional<TopicIdPartition> partition(FetchTarget target) {
            return found.map(topic ->
                    new TopicIdPartition(
                            topic.id(), new TopicPartition(topic.name(), target.partition())));
        }
    }

    private Topic topic(RegistrySnapshot snapshot, FetchTarget target, TopicNames names) {
        if (!target.byId()) {
            return new Topic(
                    log.topic(snapshot, target.topic()), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        Optional<TopicMetadata> found = log.topic(snapshot, target.topicId());
        found.ifPresent(topic -> names.remember(topic.id(), topic.name()));
        return found.isPresent()
                ? new Topic(found, Errors.NONE)
                : new Topic(found, names.missing(target.topicId(), snapshot));
    }
}
