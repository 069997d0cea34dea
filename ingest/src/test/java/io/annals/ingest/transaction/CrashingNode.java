package io.annals.ingest.transaction;

import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.ingest.IngestConfig;
import io.annals.ingest.NewTopic;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.TopicOutcome;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistrySettings;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FetchedBatches;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.PartitionState;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;

/// A coordinator over a real log, whose power fails after a given number of steps: what the
/// coordinator writes from then on does not happen, and nothing is answered any more.
final class CrashingNode implements AutoCloseable {
    static final String TOPIC = "a";

    /// Instead of a partition of the topic: the one that keeps offsets of groups.
    static final int OFFSETS = -1;

    final FileWal wal;
    final TopicCatalog topics;
    final TransactionCoordinator coordinator;
    final InternalTransactionLog log;
    final LoggedOffsets offsets;
    private final AtomicInteger stepsLeft;
    private final CompletableFuture<Void> dead = new CompletableFuture<>();

    /// @param directory of the log; survives the crash, as the objects do
    /// @param shards of the log: with one, a transaction ends in one append
    /// @param steps durable writes of the coordinator until the power fails
    record Options(
            Path directory,
            InMemoryObjectStore objects,
            InstantSource clock,
            int shards,
            int steps) {}

    CrashingNode(Options options) throws IOException {
        InstantSource clock = options.clock();
        stepsLeft = new AtomicInteger(options.steps());
        wal =
                FileWal.open(
                        new WalConfig(
                                options.directory(),
                                options.shards(),
                                8 << 20,
                                Duration.ofHours(1),
                                256 << 20,
                                1 << 20,
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1)),
                        Clock.systemUTC());
        DurableRegistry registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(options.objects()),
                        Clock.systemUTC(),
                        RegistrySettings.defaults());
        topics =
                new TopicCatalog(
                        registry,
                        wal,
                        IngestConfig.of("test", 1),
                        Clock.systemUTC(),
                        Uuid::randomUuid);
        topics.openPartitions();
        InternalTopics internal =
                new InternalTopics(
                        topics,
                        wal,
                        Map.of(
                                InternalTopic.TRANSACTION_STATE,
                                3,
                                InternalTopic.CONSUMER_OFFSETS,
                                1));
        offsets = new LoggedOffsets(internal, this::stepAllowed);
        WalTransactionMarkers markers = new WalTransactionMarkers(topics, wal, offsets);
        log = new InternalTransactionLog(internal, new Reader(), clock, markers);
        AtomicLong ids = new AtomicLong(wal.nextProducerIdBlock().first());
        coordinator =
                new TransactionCoordinator(
                        new FailingLog(),
                        new FailingMarkers(markers),
                        TransactionConfig.DEFAULTS,
                        clock,
                        ids::getAndIncrement);
    }

    void createTopic(int partitions) {
        TopicOutcome outcome =
                topics.create(
                        new NewTopic(TOPIC, partitions, (short) -1, List.of(), Map.of()), false);
        if (!(outcome instanceof TopicOutcome.Done)) {
            throw new AssertionError("cannot create a topic: " + outcome);
        }
    }

    private boolean stepAllowed() {
        if (stepsLeft.getAndDecrement() > 0) {
            return true;
        }
        dead.complete(null);
        return false;
    }

    boolean isDead() {
        return dead.isDone();
    }

    /// Waits for an answer, or for the power to fail.
    <T> Optional<T> answer(CompletableFuture<T> future) {
        CompletableFuture.anyOf(future, dead).orTimeout(20, TimeUnit.SECONDS).join();
        return future.isDone() ? Optional.of(future.join()) : Optional.empty();
    }

    private TopicIdPartition partition(int index) {
        if (index == OFFSETS) {
            return offsets.partition();
        }
        return topics.topic(TOPIC).map(topic -> topic.partition(index)).orElseThrow();
    }

    /// Writes one record in a transaction, as the Produce handler and the group coordinator do.
    CompletableFuture<Errors> produce(
            String transactionalId,
            TransactionCoordinator.Answer producer,
            int index,
            int sequence,
            String value) {
        TopicIdPartition partition = partition(index);
        MemoryRecords batch =
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE,
                        producer.producerId(),
                        producer.producerEpoch(),
                        sequence,
                        new SimpleRecord(value.getBytes(StandardCharsets.UTF_8)));
        CompletableFuture<Errors> done = new CompletableFuture<>();
        coordinator
                .write(
                        new TransactionalWrite(
                                transactionalId,
                                producer.producerId(),
                                producer.producerEpoch(),
                                Set.of(partition.topicPartition()),
                                WriterLevel.ADDS_PARTITIONS),
                        () ->
                                (index == OFFSETS
                                                ? offsets.append(batch)
                                                : append(partition, batch))
                                        .thenAccept(done::complete))
                .thenAccept(error -> {
                    if (error != Errors.NONE) {
                        done.complete(error);
                    }
                });
        return done;
    }

    private CompletionStage<Errors> append(TopicIdPartition partition, MemoryRecords batch) {
        return wal.append(new AppendRequest(partition, batch.buffer(), FsyncMode.ALWAYS, false))
                .thenApply(outcome ->
                        outcome instanceof AppendOutcome.Appended
                                ? Errors.NONE
                                : Errors.UNKNOWN_SERVER_ERROR);
    }

    /// Waits until the state of the transactional id is durable.
    void awaitDurable(String transactionalId) {
        log.append(transactionalId, coordinator.state(transactionalId), () -> {})
                .toCompletableFuture()
                .join();
    }

    /// A batch of the same producer with a far newer epoch, past the coordinator.
    void overtake(TransactionCoordinator.Answer producer, int index) {
        ByteBuffer batch =
                MemoryRecords.withTransactionalRecords(
                                Compression.NONE,
                                producer.producerId(),
                                (short) (producer.producerEpoch() + 100),
                                0,
                                new SimpleRecord("newer".getBytes(StandardCharsets.UTF_8)))
                        .buffer();
        wal.append(new AppendRequest(partition(index), batch, FsyncMode.ALWAYS, false)).join();
    }

    PartitionState state(int index) {
        return wal.partition(partition(index)).orElseThrow();
    }

    /// Values of committed transactions below the last stable offset.
    List<String> committed(int index) throws IOException {
        TopicIdPartition partition = partition(index);
        List<String> values = new ArrayList<>();
        long end = state(index).lastStableOffset();
        Set<AbortedTransaction> aborted = new HashSet<>(wal.abortedTransactions(partition, 0, end));
        for (long next = 0; next < end; ) {
            try (FetchedBatches fetched =
                    wal.read(partition, next, 1 << 20, IsolationLevel.READ_COMMITTED)
                            .orElseThrow()) {
                for (ByteBuffer bytes : fetched.batches()) {
                    for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
                        if (!batch.isControlBatch() && !isAborted(batch, aborted)) {
                            for (Record record : batch) {
                                values.add(Utils.utf8(record.value()));
                            }
                        }
                    }
                }
                next = fetched.nextOffset();
            }
        }
        return values;
    }

    private static boolean isAborted(RecordBatch batch, Set<AbortedTransaction> aborted) {
        return aborted.stream()
                .anyMatch(one ->
                        one.producerId() == batch.producerId()
                                && one.overlaps(batch.baseOffset(), batch.baseOffset() + 1));
    }

    @Override
    public void close() throws IOException {
        dead.complete(null);
        wal.close();
    }

    private final class FailingLog implements TransactionLog {
        @Override
        public Map<String, TransactionMetadata> load() throws IOException {
            return log.load();
        }

        @Override
        public void prepare(String transactionalId) throws IOException {
            log.prepare(transactionalId);
        }

        @Override
        public CompletionStage<Void> append(
                String transactionalId, Optional<TransactionMetadata> metadata, Runnable taken) {
            if (stepAllowed()) {
                return log.append(transactionalId, metadata, taken);
            }
            taken.run(); // what it hands over may get to the disk nevertheless
            return new CompletableFuture<>();
        }

        @Override
        public CompletionStage<TransactionMetadata> end(TransactionMetadata decided) {
            return stepAllowed() ? log.end(decided) : new CompletableFuture<>();
        }
    }

    /// One step per partition, in the order of their numbers.
    private final class FailingMarkers implements TransactionMarkers {
        private final TransactionMarkers markers;

        FailingMarkers(TransactionMarkers markers) {
            this.markers = markers;
        }

        @Override
        public CompletableFuture<Errors> write(Marker marker, Set<TopicPartition> partitions) {
            CompletableFuture<Errors> all = CompletableFuture.completedFuture(Errors.NONE);
            for (TopicPartition partition :
                    partitions.stream()
                            .sorted(Comparator.comparing(TopicPartition::toString))
                            .toList()) {
                all =
                        all.thenCompose(error ->
                                !stepAllowed()
                                        ? new CompletableFuture<>()
                                        : error == Errors.NONE
                                                ? markers.write(marker, Set.of(partition))
                                                : CompletableFuture.completedFuture(error));
            }
            return all;
        }

        @Override
        public List<Open> open() {
            return markers.open();
        }
    }

    private final class Reader implements InternalLogReader {
        @Override
        public Range range(TopicIdPartition partition) {
            PartitionState state = wal.partition(partition).orElseThrow();
            return new Range(state.localLogStartOffset(), state.highWatermark());
        }

        @Override
        public FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes) {
            return wal.read(partition, offset, maxBytes).orElseThrow();
        }
    }
}
