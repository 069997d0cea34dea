package io.annals.ingest.transaction;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.annals.ingest.Topic;
import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalLogScan;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.wal.EndTransaction;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// States of transactional ids in `__transaction_state`, each in the partition that its id hashes
/// to. Thread-safe.
final class InternalTransactionLog implements TransactionLog {
    private static final Logger logger = LoggerFactory.getLogger(InternalTransactionLog.class);

    private final InternalTopics topics;
    private final InternalLogReader reader;
    private final InstantSource clock;
    private final JointMarkers markers;
    private final Map<Integer, InternalLog> writers = new ConcurrentHashMap<>();

    InternalTransactionLog(
            InternalTopics topics,
            InternalLogReader reader,
            InstantSource clock,
            JointMarkers markers) {
        this.topics = topics;
        this.reader = reader;
        this.clock = clock;
        this.markers = markers;
    }

    @Override
    public Map<String, TransactionMetadata> load() throws IOException {
        Map<String, TransactionMetadata> states = new HashMap<>();
        Optional<Topic> topic = topics.find(InternalTopic.TRANSACTION_STATE);
        if (topic.isPresent()) {
            for (int i = 0; i < topic.get().partitionCount(); i++) {
                new InternalLogScan(reader, topic.get().partition(i))
                        .replay(batch -> take(batch, states));
            }
        }
        for (String transactionalId : states.keySet()) {
            prepare(transactionalId);
        }
        return states;
    }

    /// Notes the states that a batch tells of.
    static void take(RecordBatch batch, Map<String, TransactionMetadata> states) {
        if (batch.isControlBatch()) {
            return;
        }
        for (Record record : batch) {
            Optional<String> id = TransactionRecords.readKey(record.key());
            if (id.isEmpty()) {
                logger.atWarn().log("a key that is not known, at offset {}", record.offset());
            } else if (record.hasValue()) {
                states.put(id.get(), TransactionRecords.readValue(id.get(), record.value()));
            } else {
                states.remove(id.get());
            }
        }
    }

    @Override
    public void prepare(String transactionalId) throws IOException {
        int partition = partition(transactionalId);
        if (!writers.containsKey(partition)) {
            open(partition);
        }
    }

    private int partition(String transactionalId) {
        return topics.partitionFor(InternalTopic.TRANSACTION_STATE, transactionalId);
    }

    /// One at a time, because a partition may have one writer only.
    private synchronized void open(int partition) throws IOException {
        if (!writers.containsKey(partition)) {
            writers.put(
                    partition,
                    topics.open(
                            InternalTopic.TRANSACTION_STATE,
                            partition,
                            (lost, reason) ->
                                    logger.atError()
                                            .log(
                                                    "{} takes no more transactions until a restart: {}",
                                                    lost,
                                                    reason)));
        }
    }

    @Override
    public CompletionStage<Void> append(
            String transactionalId, Optional<TransactionMetadata> metadata, Runnable taken) {
        return writer(transactionalId).append(record(transactionalId, metadata), taken).durable();
    }

    @Override
    public CompletionStage<TransactionMetadata> end(TransactionMetadata decided) {
        String id = decided.transactionalId();
        InternalLog writer = writer(id);
        Optional<EndTransaction> together = markers.inLog(decided, writer.partition());
        if (together.isEmpty()) {
            return alone(decided).thenApply(_ -> decided);
        }
        TransactionMetadata completed = decided.completed(clock.millis());
        InternalLog.Ending ending =
                new InternalLog.Ending(
                        record(id, Optional.of(completed)),
                        record(id, Optional.of(decided)),
                        together.get());
        CompletionStage<Boolean> withMarkers =
                decided.onlyPartitionOfOffsets().isPresent()
                        ? endOffsets(decided, () -> writer.end(ending))
                        : writer.end(ending);
        return withMarkers.thenApply(written -> written ? completed : decided);
    }

    private CompletionStage<Void> alone(TransactionMetadata decided) {
        return append(decided.transactionalId(), Optional.of(decided), () -> {});
    }

    /// Whoever hears of the end finds the offsets, unless the group coordinator takes long.
    private CompletionStage<Boolean> endOffsets(
            TransactionMetadata decided, Supplier<CompletionStage<Boolean>> together) {
        JointEnd end = new JointEnd(together, () -> alone(decided));
        CompletableFuture<Void> counted = markers.endOffsets(decided, end);
        counted.exceptionally(_ -> {
            end.writeAlone();
            return null;
        });
        return end.written()
                .thenCompose(withMarkers ->
                        withMarkers
                                ? counted.handle((_, _) -> true)
                                        .completeOnTimeout(
                                                true,
                                                TransactionCoordinator.MAX_WAIT_FOR_OFFSETS_MS,
                                                MILLISECONDS)
                                : CompletableFuture.completedFuture(false));
    }

    private InternalLog writer(String transactionalId) {
        InternalLog writer = writers.get(partition(transactionalId));
        if (writer == null) {
            throw new KafkaStorageException("no writer for " + transactionalId);
        }
        return writer;
    }

    private MemoryRecords record(String transactionalId, Optional<TransactionMetadata> metadata) {
        return MemoryRecords.withRecords(
                Compression.NONE,
                new SimpleRecord(
                        clock.millis(),
                        TransactionRecords.key(transactionalId),
                        metadata.map(TransactionRecords::value).orElse(null)));
    }
}
