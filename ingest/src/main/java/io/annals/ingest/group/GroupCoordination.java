package io.annals.ingest.group;

import io.annals.ingest.TopicCatalog;
import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.protocol.RequestHandler;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Consumer groups of this server: Kafka's coordinator, started when it is first needed, and its
/// APIs.
///
/// It is needed at once if `__consumer_offsets` exists, else when the first group request comes.
/// Either way it starts and loads on threads of its own. Requests that come meanwhile wait, since a
/// client that is told to come again doubles its pause each time; after a while, and of a partition
/// that is loaded anew later, they hear `COORDINATOR_LOAD_IN_PROGRESS` until it is loaded.
///
/// Thread-safe.
public final class GroupCoordination implements OffsetsTransactions, AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(GroupCoordination.class);

    private final TopicCatalog topics;
    private final InternalTopics internalTopics;
    private final Parts parts;
    private final AtomicReference<@Nullable CompletableFuture<RunningCoordinator>> running =
            new AtomicReference<>();
    private volatile boolean closed;

    /// What a coordinator is made of.
    ///
    /// @param reader reads internal topics over both tiers
    /// @param transactions asked before offsets are written in a transaction's name
    /// @param configs of single groups
    /// @param nodeId this broker's id
    /// @param retryAfter how long to wait when a partition cannot be read or written
    /// @param reporters hear what the coordinator measures, from its start on
    public record Parts(
            InternalLogReader reader,
            TransactionMembership transactions,
            GroupSettings settings,
            GroupConfigs configs,
            InstantSource clock,
            int nodeId,
            Duration retryAfter,
            List<MetricsReporter> reporters) {

        public Parts {
            reporters = List.copyOf(reporters);
        }
    }

    public GroupCoordination(TopicCatalog topics, InternalTopics internalTopics, Parts parts) {
        this.topics = topics;
        this.internalTopics = internalTopics;
        this.parts = parts;
        topics.addListener(this::topicChanged);
    }

    /// Begins to load what there is; returns at once.
    ///
    /// @return completes when that is loaded, or after a while; never fails
    public CompletableFuture<Void> start() {
        return internalTopics.find(InternalTopic.CONSUMER_OFFSETS).isPresent()
                ? runningCoordinator()
                        .thenCompose(RunningCoordinator::loaded)
                        .exceptionally(_ -> null) // told when it happened
                        .completeOnTimeout(
                                null,
                                RunningCoordinator.MAX_FIRST_LOAD_MS,
                                TimeUnit.MILLISECONDS) // the coordinator may be slow to come, too
                : CompletableFuture.completedFuture(null);
    }

    /// One per API key, to be registered with the front door.
    public List<RequestHandler<?>> handlers() {
        Executor blocking = Thread.ofVirtual().name("find-coordinator-", 0)::start;
        CoordinatorLookup lookup = new CoordinatorLookup(internalTopics, parts.nodeId(), blocking);
        Supplier<CompletableFuture<GroupCoordinator>> coordinator =
                () ->
                        runningCoordinator()
                                .thenCompose(running ->
                                        running.loaded().thenApply(_ -> running.service()));
        List<RequestHandler<?>> handlers = new ArrayList<>();
        handlers.add(
                new GroupHandler<>(
                        ApiKeys.FIND_COORDINATOR, FindCoordinatorRequest.class, lookup::find));
        handlers.addAll(new MembershipApis(coordinator).handlers());
        handlers.addAll(new OffsetApis(topics, coordinator).handlers());
        return handlers;
    }

    private CompletableFuture<RunningCoordinator> runningCoordinator() {
        CompletableFuture<RunningCoordinator> present = running.get();
        if (present != null) {
            return present;
        }
        if (closed) {
            return CompletableFuture.failedFuture(
                    new CoordinatorNotAvailableException("the server is closing"));
        }
        CompletableFuture<RunningCoordinator> starting = new CompletableFuture<>();
        CompletableFuture<RunningCoordinator> other = running.compareAndExchange(null, starting);
        if (other != null) {
            return other;
        }
        Thread.ofVirtual().name("group-coordinator-start").start(() -> start(starting));
        return starting;
    }

    private void start(CompletableFuture<RunningCoordinator> starting) {
        try {
            internalTopics.ensure(InternalTopic.CONSUMER_OFFSETS);
            starting.complete(new RunningCoordinator(topics, internalTopics, parts));
        } catch (IOException | RuntimeException e) {
            logger.atError().setCause(e).log("cannot start the group coordinator");
            running.set(null); // the next request tries again
            starting.completeExceptionally(
                    new CoordinatorNotAvailableException("the group coordinator did not start", e));
        }
    }

    private void topicChanged(Uuid id) {
        CompletableFuture<RunningCoordinator> present = running.get();
        if (present != null) {
            present.thenAccept(coordinator -> coordinator.topicChanged(id));
        }
    }

    @Override
    public int partitionFor(String groupId) {
        return internalTopics.partitionFor(InternalTopic.CONSUMER_OFFSETS, groupId);
    }

    @Override
    public CompletableFuture<Void> complete(Ending ending, Optional<InternalLog.Joint> joint) {
        return runningCoordinator().thenCompose(coordinator -> coordinator.complete(ending, joint));
    }

    @Override
    public boolean isIdle(int partition) {
        CompletableFuture<RunningCoordinator> present = running.get();
        return present != null
                && present.isDone()
                && !present.isCompletedExceptionally()
                && present.join().isIdle(partition);
    }

    /// What keeps groups from being served, one line each.
    public List<String> problems() {
        CompletableFuture<RunningCoordinator> present = running.get();
        return present == null || !present.isDone() || present.isCompletedExceptionally()
                ? List.of()
                : present.join().problems();
    }

    /// Ends the coordinator; what waits is answered with an error that clients retry.
    @Override
    public void close() {
        closed = true;
        CompletableFuture<RunningCoordinator> present = running.get();
        if (present != null) {
            present.thenAccept(RunningCoordinator::close).exceptionally(_ -> null).join();
        }
    }
}
