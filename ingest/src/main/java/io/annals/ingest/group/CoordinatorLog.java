package io.annals.ingest.group;

import io.annals.ingest.Topic;
import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/// Where the group coordinator writes: one [InternalLog] per partition of `__consumer_offsets`.
///
/// The coordinator hears of the high watermark when the log has made its records durable, and only
/// then answers its clients. If a partition's writer ends, `onFailure` hears of it: the
/// coordinator's state is then ahead of the log and must be loaded again.
///
/// Called on the coordinator's threads, never blocks.
final class CoordinatorLog implements PartitionWriter {
    private final InternalTopics topics;
    private final TransactionMembership transactions;
    private final IntConsumer onFailure;
    private final Map<Integer, InternalLog> logs = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Set<Listener>> listeners = new ConcurrentHashMap<>();
    private final Map<Marked, InternalLog.Joint> joints = new ConcurrentHashMap<>();

    /// The producer whose transaction a marker ends.
    private record Marked(int partition, long producerId, short producerEpoch) {
        static Marked of(OffsetsTransactions.Ending ending) {
            return new Marked(ending.partition(), ending.producerId(), ending.producerEpoch());
        }
    }

    /// @param onFailure given the partition
    CoordinatorLog(
            InternalTopics topics, TransactionMembership transactions, IntConsumer onFailure) {
        this.topics = topics;
        this.transactions = transactions;
        this.onFailure = onFailure;
    }

    @Override
    public void registerListener(TopicPartition partition, Listener listener) {
        listeners.computeIfAbsent(partition, _ -> ConcurrentHashMap.newKeySet()).add(listener);
    }

    @Override
    public void deregisterListener(TopicPartition partition, Listener listener) {
        listeners.getOrDefault(partition, Set.of()).remove(listener);
    }

    @Override
    public LogConfig config(TopicPartition partition) {
        Topic topic =
                topics.find(InternalTopic.CONSUMER_OFFSETS)
                        .orElseThrow(() -> new NotLeaderOrFollowerException("no " + partition));
        return new LogConfig(
                Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, topic.settings().maxMessageBytes()));
    }

    @Override
    public long append(
            TopicPartition partition,
            VerificationGuard guard,
            MemoryRecords records,
            short transactionVersion) {
        InternalLog log = logs.computeIfAbsent(partition.partition(), this::open);
        InternalLog.Appending appending =
                joint(partition.partition(), records)
                        .map(joint -> log.appendJointly(records, joint))
                        .orElseGet(() -> log.append(records));
        appending
                .durable()
                .thenRun(() -> {
                    for (Listener listener : listeners.getOrDefault(partition, Set.of())) {
                        listener.onHighWatermarkUpdated(partition, appending.endOffset());
                    }
                });
        return appending.endOffset();
    }

    /// Lets `joint` write the marker of this ending, which the coordinator is about to append.
    void expect(OffsetsTransactions.Ending ending, InternalLog.Joint joint) {
        joints.put(Marked.of(ending), joint);
    }

    /// The marker needs no joint any more.
    void forget(OffsetsTransactions.Ending ending, InternalLog.Joint joint) {
        joints.remove(Marked.of(ending), joint);
    }

    /// Of markers only: the coordinator appends each as a batch of its own.
    private Optional<InternalLog.Joint> joint(int partition, MemoryRecords records) {
        if (joints.isEmpty()) {
            return Optional.empty();
        }
        RecordBatch batch = records.batches().iterator().next();
        return batch.isControlBatch()
                ? Optional.ofNullable(
                        joints.remove(
                                new Marked(partition, batch.producerId(), batch.producerEpoch())))
                : Optional.empty();
    }

    /// Whether an append would be written at once.
    boolean isIdle(int partition) {
        InternalLog log = logs.get(partition);
        return log == null || log.isIdle();
    }

    private InternalLog open(int partition) {
        try {
            return topics.open(
                    InternalTopic.CONSUMER_OFFSETS,
                    partition,
                    (failed, _) -> {
                        logs.remove(failed.partition());
                        onFailure.accept(failed.partition());
                    });
        } catch (IOException e) {
            throw new KafkaStorageException("cannot write partition " + partition, e);
        }
    }

    @Override
    public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
            TopicPartition partition,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion) {
        return transactions
                .require(partition, transactionalId, producerId, producerEpoch, apiVersion)
                .thenApply(_ -> VerificationGuard.SENTINEL);
    }

    /// Disposing of old records is the archive's work: it compacts.
    @Override
    public CompletableFuture<Void> deleteRecords(TopicPartition partition, long beforeOffset) {
        return CompletableFuture.completedFuture(null);
    }

    /// Takes no more; what was taken is still written.
    void close() {
        logs.values().forEach(InternalLog::close);
    }
}
