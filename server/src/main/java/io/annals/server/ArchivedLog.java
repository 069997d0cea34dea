package io.annals.server;

import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.ActiveProducer;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FetchedBatches;
import io.annals.wal.OpenTransaction;
import io.annals.wal.PartitionState;
import io.annals.wal.ProducerIdBlock;
import io.annals.wal.SealedSegment;
import io.annals.wal.TimestampOffset;
import io.annals.wal.WalListener;
import io.annals.wal.WalUsage;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The hot tier of a read replica: always empty, and ending where the archive ends. What asks for a
/// high watermark gets the archived end; what would append is refused. Thread-safe.
final class ArchivedLog implements WriteAheadLog {
    private static final AppendOutcome REFUSED =
            new AppendOutcome.Rejected(
                    AppendOutcome.Reason.CLOSED, "this server is a read replica");

    private final List<WalListener> listeners = new CopyOnWriteArrayList<>();
    private volatile State state;

    /// What is shown: a generation, and the transactions that are open at the end of partitions.
    ///
    /// @param open of partitions that have any, the first one first
    record State(RegistrySnapshot snapshot, Map<Partition, List<OpenTransaction>> open) {
        State {
            open = Map.copyOf(open);
        }

        private List<OpenTransaction> open(Uuid topicId, int partition) {
            return open.getOrDefault(new Partition(topicId, partition), List.of());
        }

        private Optional<PartitionState> of(Uuid topicId, int partition) {
            Optional<TopicMetadata> topic = snapshot.topic(topicId);
            if (topic.isEmpty() || partition < 0 || partition >= topic.get().partitionCount()) {
                return Optional.empty();
            }
            long end = snapshot.archivedEndOffset(topicId, partition);
            long stable =
                    open(topicId, partition).stream()
                            .mapToLong(OpenTransaction::firstOffset)
                            .reduce(end, Math::min);
            return Optional.of(new PartitionState(end, end, stable, end, -1, 0));
        }
    }

    /// Without the topic's name, which nobody knows by heart.
    record Partition(Uuid topicId, int partition) {}

    ArchivedLog(State state) {
        this.state = state;
    }

    /// Shows a newer state; [#tell] has to follow when the registry shows it, too.
    State show(State newer) {
        State before = state;
        state = newer;
        return before;
    }

    /// Tells whoever waits for records.
    void tell(State before) {
        State now = state;
        for (TopicMetadata topic : now.snapshot.topics()) {
            for (int i = 0; i < topic.partitionCount(); i++) {
                Optional<PartitionState> old = before.of(topic.id(), i);
                PartitionState current = now.of(topic.id(), i).orElseThrow();
                if (!old.equals(Optional.of(current))) {
                    TopicIdPartition partition = new TopicIdPartition(topic.id(), i, topic.name());
                    for (WalListener listener : listeners) {
                        listener.highWatermarkAdvanced(partition, current.highWatermark());
                        listener.lastStableOffsetAdvanced(partition, current.lastStableOffset());
                    }
                }
            }
        }
    }

    @Override
    public Optional<PartitionState> partition(TopicIdPartition partition) {
        return state.of(partition.topicId(), partition.partition());
    }

    /// Of what lies in it nothing is ever there, of its end there are no records yet.
    @Override
    public Optional<FetchedBatches> read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation) {
        return partition(partition)
                .filter(known -> known.highWatermark() == offset)
                .map(_ -> new Nothing(offset));
    }

    @Override
    public CompletableFuture<AppendOutcome> append(AppendRequest request) {
        return CompletableFuture.completedFuture(REFUSED);
    }

    @Override
    public Map<TopicIdPartition, CompletableFuture<AppendOutcome>> endTransaction(
            EndTransaction end) {
        Map<TopicIdPartition, CompletableFuture<AppendOutcome>> refused = new LinkedHashMap<>();
        end.partitions()
                .forEach(partition ->
                        refused.put(partition, CompletableFuture.completedFuture(REFUSED)));
        return refused;
    }

    @Override
    public void abortUnfinished(TopicIdPartition partition, List<OpenTransaction> open)
            throws IOException {
        throw new IOException("a read replica ends no transactions");
    }

    @Override
    public ProducerIdBlock nextProducerIdBlock() {
        throw new UnsupportedOperationException("a read replica gives no producer ids");
    }

    @Override
    public void createPartition(TopicIdPartition partition, long startOffset) {}

    @Override
    public void deleteTopic(Uuid topicId) {}

    @Override
    public long sizeBytes(TopicIdPartition partition) {
        return 0;
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(
            TopicIdPartition partition, long fromOffset, long toOffset) {
        return List.of();
    }

    /// Those with an open transaction, and nothing else of them: the archive does not keep it.
    @Override
    public List<ActiveProducer> activeProducers(TopicIdPartition partition) {
        return state.open(partition.topicId(), partition.partition()).stream()
                .map(open ->
                        new ActiveProducer(
                                open.producerId(),
                                open.producerEpoch(),
                                -1,
                                -1,
                                -1,
                                OptionalLong.of(open.firstOffset())))
                .toList();
    }

    @Override
    public Optional<TimestampOffset> offsetForTimestamp(
            TopicIdPartition partition, long timestampMs) {
        return Optional.empty();
    }

    @Override
    public Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) {
        return Optional.empty();
    }

    @Override
    public OptionalLong endOffsetForIngestTime(TopicIdPartition partition, long ingestTimeMs) {
        return OptionalLong.empty();
    }

    @Override
    public void deleteRecordsBefore(TopicIdPartition partition, long offset) {}

    @Override
    public void sealNow() {}

    @Override
    public List<SealedSegment> sealedSegments() {
        return List.of();
    }

    @Override
    public void release(SealedSegment segment) {}

    @Override
    public WalUsage usage() {
        return new WalUsage(0, 1);
    }

    @Override
    public void addListener(WalListener listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {}

    private record Nothing(long nextOffset) implements FetchedBatches {
        @Override
        public List<ByteBuffer> batches() {
            return List.of();
        }

        @Override
        public long ingestTimeMs(int i) {
            throw new IndexOutOfBoundsException(i);
        }

        @Override
        public int sizeBytes() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
