package io.annals.ingest.transaction;

import io.annals.ingest.AppendErrors;
import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.group.OffsetsTransactions;
import io.annals.ingest.internal.InternalLog;
import io.annals.wal.ActiveProducer;
import io.annals.wal.AppendOutcome;
import io.annals.wal.EndTransaction;
import io.annals.wal.FsyncMode;
import io.annals.wal.WriteAheadLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Markers written to the log, those of `__consumer_offsets` by the group coordinator, which is
/// that topic's one writer.
final class WalTransactionMarkers implements TransactionMarkers, JointMarkers {
    private static final Logger logger = LoggerFactory.getLogger(WalTransactionMarkers.class);

    private static final long RETRY_MS = 50;
    private static final Executor RETRY =
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final OffsetsTransactions offsets;

    WalTransactionMarkers(TopicCatalog topics, WriteAheadLog wal, OffsetsTransactions offsets) {
        this.topics = topics;
        this.wal = wal;
        this.offsets = offsets;
    }

    @Override
    public CompletableFuture<Errors> write(Marker marker, Set<TopicPartition> partitions) {
        Map<TopicPartition, CompletableFuture<Errors>> writes = writeOnce(marker, partitions);
        return CompletableFuture.allOf(writes.values().toArray(CompletableFuture<?>[]::new))
                .thenCompose(_ -> writeTheRest(marker, writes));
    }

    private CompletableFuture<Errors> writeTheRest(
            Marker marker, Map<TopicPartition, CompletableFuture<Errors>> writes) {
        Set<TopicPartition> again = new HashSet<>();
        Errors fatal = Errors.NONE;
        for (Map.Entry<TopicPartition, CompletableFuture<Errors>> write : writes.entrySet()) {
            Errors error = write.getValue().join();
            switch (error) {
                case NONE, UNKNOWN_TOPIC_OR_PARTITION -> {} // written, or nothing to write to
                case NOT_ENOUGH_REPLICAS,
                        COORDINATOR_LOAD_IN_PROGRESS,
                        COORDINATOR_NOT_AVAILABLE,
                        NOT_COORDINATOR,
                        REQUEST_TIMED_OUT ->
                        again.add(write.getKey());
                default -> {
                    logger.atWarn().log("cannot write {} to {}: {}", marker, write.getKey(), error);
                    fatal = error;
                }
            }
        }
        return fatal != Errors.NONE || again.isEmpty()
                ? CompletableFuture.completedFuture(fatal)
                : CompletableFuture.supplyAsync(() -> write(marker, again), RETRY)
                        .thenCompose(retried -> retried);
    }

    /// Writes a marker once to each partition. None of the futures fails.
    Map<TopicPartition, CompletableFuture<Errors>> writeOnce(
            Marker marker, Set<TopicPartition> partitions) {
        Map<TopicPartition, CompletableFuture<Errors>> writes = new HashMap<>();
        Set<TopicIdPartition> inLog = new HashSet<>();
        for (TopicPartition partition : partitions) {
            Optional<TopicIdPartition> known = find(partition);
            if (known.isEmpty()) {
                writes.put(
                        partition,
                        CompletableFuture.completedFuture(Errors.UNKNOWN_TOPIC_OR_PARTITION));
            } else if (TransactionMetadata.isOfOffsets(partition)) {
                writes.put(partition, endOffsets(marker, partition));
            } else {
                inLog.add(known.get());
            }
        }
        if (!inLog.isEmpty()) {
            wal.endTransaction(end(marker, inLog))
                    .forEach((partition, outcome) ->
                            writes.put(
                                    partition.topicPartition(),
                                    outcome.thenApply(WalTransactionMarkers::error)));
        }
        return writes;
    }

    private static EndTransaction end(Marker marker, Set<TopicIdPartition> partitions) {
        return new EndTransaction(
                marker.producerId(),
                marker.producerEpoch(),
                marker.coordinatorEpoch(),
                marker.commit(),
                partitions,
                FsyncMode.ALWAYS);
    }

    @Override
    public Optional<EndTransaction> inLog(TransactionMetadata decided, TopicIdPartition state) {
        Set<TopicIdPartition> partitions =
                decided.partitions().stream()
                        .flatMap(partition -> find(partition).stream())
                        .collect(Collectors.toSet());
        return decided.partitions().stream().noneMatch(TransactionMetadata::isOfOffsets)
                        || mayEndOffsets(decided, partitions, state)
                ? Optional.of(end(Marker.of(decided), partitions))
                : Optional.empty();
    }

    /// A partition of offsets is held up until the state can be written. That is worth it where
    /// nobody else writes; markers of several transactions are better written by the group
    /// coordinator, together. And it must not be in vain; nor may it be several partitions, which
    /// transactions could hold up for each other.
    private boolean mayEndOffsets(
            TransactionMetadata decided, Set<TopicIdPartition> partitions, TopicIdPartition state) {
        Set<TopicIdPartition> all = new HashSet<>(partitions);
        all.add(state);
        OptionalInt of = decided.onlyPartitionOfOffsets();
        return of.isPresent() && offsets.isIdle(of.getAsInt()) && wal.areInOneShard(all);
    }

    @Override
    public CompletableFuture<Void> endOffsets(
            TransactionMetadata decided, InternalLog.Joint joint) {
        return offsets.complete(
                ending(Marker.of(decided), decided.onlyPartitionOfOffsets().orElseThrow()),
                Optional.of(joint));
    }

    private Optional<TopicIdPartition> find(TopicPartition partition) {
        return topics.topic(partition.topic())
                .filter(topic -> topic.hasPartition(partition.partition()))
                .map(topic -> topic.partition(partition.partition()));
    }

    private CompletableFuture<Errors> endOffsets(Marker marker, TopicPartition partition) {
        return offsets.complete(ending(marker, partition.partition()), Optional.empty())
                .handle((_, failure) ->
                        failure == null ? Errors.NONE : Errors.forException(failure));
    }

    private static OffsetsTransactions.Ending ending(Marker marker, int partition) {
        return new OffsetsTransactions.Ending(
                partition,
                marker.producerId(),
                marker.producerEpoch(),
                marker.coordinatorEpoch(),
                marker.commit() ? TransactionResult.COMMIT : TransactionResult.ABORT,
                marker.version());
    }

    private static Errors error(AppendOutcome outcome) {
        return switch (outcome) {
            case AppendOutcome.Appended _, AppendOutcome.Duplicate _ -> Errors.NONE;
            case AppendOutcome.Rejected rejected -> AppendErrors.of(rejected.reason());
        };
    }

    @Override
    public List<Open> open() {
        List<Open> open = new ArrayList<>();
        for (Topic topic : topics.topics()) {
            for (int i = 0; i < topic.partitionCount(); i++) {
                TopicIdPartition partition = topic.partition(i);
                if (hasOpen(partition)) {
                    for (ActiveProducer producer : wal.activeProducers(partition)) {
                        producer.transactionStartOffset()
                                .ifPresent(_ ->
                                        open.add(
                                                new Open(
                                                        partition.topicPartition(),
                                                        producer.producerId(),
                                                        producer.producerEpoch())));
                    }
                }
            }
        }
        return open;
    }

    private boolean hasOpen(TopicIdPartition partition) {
        return wal.partition(partition)
                .filter(state -> state.lastStableOffset() < state.highWatermark())
                .isPresent();
    }
}
