package io.annals.ingest.group;

import com.yammer.metrics.core.MetricsRegistry;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRuntimeMetricsImpl;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.apache.kafka.server.util.timer.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kafka's group coordinator, running as the leader of every partition of `__consumer_offsets`.
///
/// If the log refuses what a partition wrote, the coordinator's state of that partition is ahead of
/// the log. It is then resigned from, which fails everything that waits with an error that clients
/// retry, and elected again after a pause, which loads the partition anew. Thread-safe.
final class RunningCoordinator implements AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(RunningCoordinator.class);

    /// How long requests wait for the first load, until they are told to come again.
    static final long MAX_FIRST_LOAD_MS = 2_000;

    private final GroupCoordinatorService service;
    private final CoordinatorLog log;
    private final CoordinatorReplay replay;
    private final TopicImages images;
    private final Timer timer;
    private final Metrics metrics;
    private final GroupCoordination.Parts parts;
    private final AtomicIntegerArray epochs;
    private final CompletableFuture<Void> loaded;

    /// Deleting a topic waits until its offsets are deleted: not on the thread of whoever deletes.
    private final ExecutorService imageUpdates =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("group-topics").factory());

    private volatile boolean closed;

    /// `__consumer_offsets` must exist.
    RunningCoordinator(
            TopicCatalog topics, InternalTopics internalTopics, GroupCoordination.Parts parts) {
        this.parts = parts;
        this.metrics = new Metrics(new MetricConfig(), parts.reporters(), Time.SYSTEM);
        int partitions = internalTopics.partitionCount(InternalTopic.CONSUMER_OFFSETS);
        this.epochs = new AtomicIntegerArray(partitions);
        this.log = new CoordinatorLog(internalTopics, parts.transactions(), this::reload);
        this.replay =
                new CoordinatorReplay(
                        internalTopics, parts.reader(), parts.clock(), parts.retryAfter());
        this.loaded =
                replay.allLoaded()
                        .completeOnTimeout(null, MAX_FIRST_LOAD_MS, TimeUnit.MILLISECONDS);
        this.timer =
                new SystemTimerReaper(
                        "group-coordinator-timer", new SystemTimer("group-coordinator"));
        GroupCoordinatorConfig config = parts.settings().parse();
        this.service =
                new GroupCoordinatorService.Builder(parts.nodeId(), config)
                        .withTime(Time.SYSTEM)
                        .withTimer(timer)
                        .withWriter(log)
                        .withLoader(replay)
                        .withCoordinatorRuntimeMetrics(
                                new CoordinatorRuntimeMetricsImpl(
                                        metrics, GroupCoordinatorMetrics.METRICS_GROUP, false))
                        .withGroupCoordinatorMetrics(
                                new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
                        .withGroupConfigManager(parts.configs().inForce())
                        .withPersister(new NoOpStatePersister())
                        .withAuthorizerPlugin(Optional.empty())
                        .withPartitionMetadataClient(new NoShareGroups())
                        .build();
        this.images =
                new TopicImages(topics, parts.nodeId(), parts.clock(), service::onMetadataUpdate);
        service.startup(() -> partitions);
        images.publishAll();
        for (int i = 0; i < partitions; i++) {
            service.onElection(i, epochs.get(i));
        }
    }

    GroupCoordinator service() {
        return service;
    }

    /// Completes when what there was at the start is loaded, or after a while. Never fails.
    CompletableFuture<Void> loaded() {
        return loaded;
    }

    /// As [OffsetsTransactions#complete].
    CompletableFuture<Void> complete(
            OffsetsTransactions.Ending ending, Optional<InternalLog.Joint> joint) {
        joint.ifPresent(one -> log.expect(ending, one));
        return service.completeTransaction(
                        new TopicPartition(
                                InternalTopic.CONSUMER_OFFSETS.topicName(), ending.partition()),
                        ending.producerId(),
                        ending.producerEpoch(),
                        ending.coordinatorEpoch(),
                        ending.result(),
                        ending.transactionVersion())
                .whenComplete((_, _) ->
                        joint.ifPresent(
                                one -> one.decided().thenRun(() -> log.forget(ending, one))));
    }

    boolean isIdle(int partition) {
        return log.isIdle(partition);
    }

    List<String> problems() {
        return replay.problems();
    }

    void topicChanged(Uuid id) {
        try {
            imageUpdates.execute(() -> images.changed(id));
        } catch (RejectedExecutionException _) { // closing: nobody asks any more
            logger.debug("a topic changed while closing");
        }
    }

    /// The log does not have what the coordinator has: back to what the log has.
    private void reload(int partition) {
        if (closed) {
            return;
        }
        logger.warn("the log refused group state; loading partition {} again", partition);
        service.onResignation(partition, OptionalInt.empty());
        CompletableFuture.delayedExecutor(parts.retryAfter().toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> {
                    if (!closed) {
                        service.onElection(partition, epochs.incrementAndGet(partition));
                    }
                });
    }

    @Override
    public void close() {
        closed = true;
        replay.close();
        imageUpdates.shutdown();
        service.shutdown();
        log.close();
        Utils.closeQuietly(timer, "timer of the group coordinator");
        metrics.close();
    }

    /// Only share groups ask, and there are none.
    private static final class NoShareGroups implements PartitionMetadataClient {
        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                Set<TopicPartition> partitions) {
            return Map.of();
        }

        @Override
        public void close() {}
    }
}
