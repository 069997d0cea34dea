package io.annals.indexer;

import io.annals.wal.FetchedBatches;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.ByteBuffersDirectory;

/// A live index that moves on only when told to, so that tests decide what is searchable.
/// Thread-safe.
public final class SteppedLiveIndex implements LiveIndex {
    private final WriteAheadLog wal;
    private final ConcurrentMap<TopicIdPartition, Boolean> partitions = new ConcurrentHashMap<>();
    private final ConcurrentMap<Uuid, State> states = new ConcurrentHashMap<>();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    public SteppedLiveIndex(WriteAheadLog wal) {
        this.wal = wal;
    }

    public void add(TopicIdPartition partition) {
        partitions.put(partition, true);
    }

    /// Indexes what the log holds now, from its local start to the high watermark.
    public synchronized void refresh() throws IOException {
        Map<Uuid, Map<TopicIdPartition, OffsetBounds>> topics = new HashMap<>();
        for (TopicIdPartition partition : partitions.keySet()) {
            PartitionState state = wal.partition(partition).orElseThrow();
            topics.computeIfAbsent(partition.topicId(), _ -> new HashMap<>())
                    .put(
                            partition,
                            new OffsetBounds(state.localLogStartOffset(), state.highWatermark()));
        }
        for (Map.Entry<Uuid, Map<TopicIdPartition, OffsetBounds>> topic : topics.entrySet()) {
            State old = states.put(topic.getKey(), index(topic.getValue()));
            if (old != null) {
                old.release();
            }
        }
    }

    private record OffsetBounds(long from, long to) {}

    private State index(Map<TopicIdPartition, OffsetBounds> bounds) throws IOException {
        ByteBuffersDirectory directory = new ByteBuffersDirectory();
        Map<Integer, SearchableView.OffsetRange> ranges = new HashMap<>();
        try (IndexWriter writer =
                        new IndexWriter(
                                directory,
                                new IndexWriterConfig().setIndexSort(RecordMapping.newestFirst()));
                DocumentWriter documents = new DocumentWriter(MappingLimits.DEFAULT, 1 << 24)) {
            for (Map.Entry<TopicIdPartition, OffsetBounds> entry : bounds.entrySet()) {
                long start = feed(entry.getKey(), entry.getValue(), writer, documents);
                ranges.put(
                        entry.getKey().partition(),
                        new SearchableView.OffsetRange(start, entry.getValue().to()));
            }
        }
        return new State(DirectoryReader.open(directory), ranges);
    }

    /// @return where the index begins: higher than asked for if a WAL segment went meanwhile
    private long feed(
            TopicIdPartition partition,
            OffsetBounds bounds,
            IndexWriter writer,
            DocumentWriter documents)
            throws IOException {
        long start = bounds.from();
        long offset = start;
        while (offset < bounds.to()) {
            Optional<FetchedBatches> read = wal.read(partition, offset, 1 << 20);
            if (read.isEmpty()) {
                offset = wal.partition(partition).orElseThrow().localLogStartOffset();
                start = offset;
                continue;
            }
            try (FetchedBatches batches = read.get()) {
                for (int i = 0; i < batches.batches().size(); i++) {
                    documents.add(
                            writer,
                            partition.partition(),
                            batches.batches().get(i),
                            batches.ingestTimeMs(i),
                            0);
                }
                offset = batches.nextOffset();
            }
        }
        return start;
    }

    private record State(DirectoryReader reader, Map<Integer, SearchableView.OffsetRange> ranges) {
        void release() {
            try {
                reader.decRef();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public Optional<SearchableView> acquire(Uuid topicId) {
        while (true) {
            State state = states.get(topicId);
            if (state == null) {
                return Optional.empty();
            }
            if (state.reader().tryIncRef()) {
                return Optional.of(new View(state));
            }
        }
    }

    private record View(State state) implements SearchableView {
        @Override
        public IndexReader reader() {
            return state.reader();
        }

        @Override
        public Map<Integer, OffsetRange> ranges() {
            return state.ranges();
        }

        @Override
        public void close() {
            state.release();
        }
    }

    /// Whoever waits for an offset waits until the gate opens.
    public void close(CountDownLatch newGate) {
        gate = newGate;
    }

    /// Moves on once, and says whether that was enough.
    @Override
    public CompletableFuture<Boolean> awaitSearchable(
            TopicIdPartition partition, long endOffset, Duration timeout) {
        try {
            gate.await();
            refresh();
        } catch (IOException | InterruptedException e) {
            return CompletableFuture.failedFuture(e);
        }
        long high = wal.partition(partition).orElseThrow().highWatermark();
        return CompletableFuture.completedFuture(high >= endOffset);
    }
}
