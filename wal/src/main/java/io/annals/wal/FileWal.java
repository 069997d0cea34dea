package io.annals.wal;

import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The write-ahead log of one node, in files.
///
/// Start at [ShardWriter] for the way of an append, at [ShardRecovery] for what happens at the
/// start, at [WalSegment] for how reads pin mapped memory. `WAL-n` in comments are the invariants
/// of `docs/invariants/wal.md`.
///
/// Failures of the disk outside of appends (releasing, marks, producer ids) are thrown as
/// [UncheckedIOException].
public final class FileWal implements WriteAheadLog {
    private final WalConfig config;
    private final WalDirectory directory;
    private final WalShared shared;
    private final List<WalShard> shards;
    private final ProducerIds producerIds;
    private final MarkerAppends markers;
    private final WalRecovery recovery;

    /// Guarded by this.
    private PartitionMarks marks;

    private boolean closed;

    private FileWal(WalOpening opening) {
        this.config = opening.shared().config();
        this.directory = opening.directory();
        this.shared = opening.shared();
        this.shards = opening.shards();
        this.marks = opening.marks();
        this.producerIds = opening.producerIds();
        this.markers = new MarkerAppends(shared);
        this.recovery = opening.recovery();
        shards.forEach(WalShard::start);
    }

    /// Locks the directory, recovers what is in it and starts the writers.
    ///
    /// @throws WalLockedException if another log has the directory open
    /// @throws UnsupportedWalVersionException if a newer program wrote it
    public static FileWal open(WalConfig config, Clock clock) throws IOException {
        return open(config, clock, WalFiles.real());
    }

    static FileWal open(WalConfig config, Clock clock, WalFiles files) throws IOException {
        return new FileWal(WalOpening.open(config, clock, files));
    }

    /// What was found at the start.
    public WalRecovery recovery() {
        return recovery;
    }

    @Override
    public void createPartition(TopicIdPartition id, long startOffset) {
        if (isDeleted(id.topicId())) {
            return;
        }
        HotPartition partition =
                shared.partitions()
                        .computeIfAbsent(
                                PartitionKey.of(id),
                                _ -> {
                                    HotPartition created = new HotPartition(id, shardFor(id));
                                    created.startAt(startOffset);
                                    return created;
                                });
        partition.rename(id);
        if (partition.logEndOffset() < startOffset) {
            shards.get(partition.shard()).await(() -> partition.startAt(startOffset));
            writeMarks(null);
        }
    }

    private synchronized boolean isDeleted(Uuid topicId) {
        return marks.deletedTopics().contains(topicId);
    }

    private int shardFor(TopicIdPartition id) {
        return Math.floorMod(id.topicId().hashCode() + id.partition(), config.shards());
    }

    @Override
    public void deleteTopic(Uuid topicId) {
        for (HotPartition partition : List.copyOf(shared.partitions().values())) {
            if (partition.key().topicId().equals(topicId)) {
                shards.get(partition.shard()).await(partition::delete);
            }
        }
        writeMarks(topicId);
        shared.partitions()
                .values()
                .removeIf(p -> p.deleted() && p.isEmpty() && p.key().topicId().equals(topicId));
    }

    @Override
    public CompletableFuture<AppendOutcome> append(AppendRequest request) {
        HotPartition partition = shared.partitions().get(PartitionKey.of(request.partition()));
        if (partition == null || partition.deleted()) {
            return rejected(Reason.UNKNOWN_PARTITION, request.partition() + " is not known");
        }
        PendingAppend append = new PendingAppend(partition, request);
        long room = config.segmentBytes() - FrameFormat.FILE_HEADER_BYTES;
        if (append.framedBytes() > room) {
            return rejected(
                    Reason.TOO_LARGE,
                    "%d bytes do not fit into a segment of %d"
                            .formatted(append.framedBytes(), config.segmentBytes()));
        }
        put(partition.shard(), append);
        return append.future();
    }

    private void put(int shard, QueuedAppend append) {
        AppendQueue queue = shards.get(shard).queue();
        long used = shared.usedBytes().get() + queue.waitingBytes();
        if (used + append.framedBytes() > config.maxBytes()) {
            append.complete(
                    new Rejected(
                            Reason.HOT_TIER_FULL,
                            "the hot tier holds %d of at most %d bytes"
                                    .formatted(used, config.maxBytes())));
        } else {
            queue.put(append);
        }
    }

    @Override
    public Map<TopicIdPartition, CompletableFuture<AppendOutcome>> endTransaction(
            EndTransaction end) {
        Map<TopicIdPartition, CompletableFuture<AppendOutcome>> answers = new HashMap<>();
        Map<Integer, List<PendingAppend>> perShard = new HashMap<>();
        for (TopicIdPartition id : end.partitions()) {
            HotPartition partition = shared.partitions().get(PartitionKey.of(id));
            if (partition == null || partition.deleted()) {
                answers.put(id, rejected(Reason.UNKNOWN_PARTITION, id + " is not known"));
                continue;
            }
            PendingAppend marker = markers.marker(partition, end);
            answers.put(id, marker.future());
            perShard.computeIfAbsent(partition.shard(), _ -> new ArrayList<>()).add(marker);
        }
        perShard.forEach(this::putTogether);
        return answers;
    }

    @Override
    public Optional<CompletableFuture<AppendOutcome>> append(
            AppendRequest request, List<EndTransaction> ended) {
        Optional<AtomicAppend> one = markers.with(request, ended);
        one.ifPresent(append -> put(append.parts().getLast().partition().shard(), append));
        return one.map(append -> append.parts().getLast().future());
    }

    @Override
    public boolean areInOneShard(Set<TopicIdPartition> partitions) {
        List<Optional<Integer>> shards =
                partitions.stream()
                        .map(id -> find(id).map(HotPartition::shard))
                        .distinct()
                        .toList();
        return shards.size() == 1 && shards.getFirst().isPresent();
    }

    private void putTogether(int shard, List<PendingAppend> appends) {
        long room = config.segmentBytes() - FrameFormat.FILE_HEADER_BYTES;
        AtomicAppend.of(appends, room).forEach(append -> put(shard, append));
    }

    @Override
    public void abortUnfinished(TopicIdPartition id, List<OpenTransaction> open)
            throws IOException {
        Optional<HotPartition> known = find(id);
        if (known.isEmpty() || open.isEmpty()) {
            return;
        }
        HotPartition partition = known.get();
        shards.get(partition.shard()).adopt(partition, open);
        List<PendingAppend> aborts = new ArrayList<>();
        for (OpenTransaction each : open) {
            EndTransaction abort =
                    new EndTransaction(
                            each.producerId(),
                            each.producerEpoch(),
                            0,
                            false,
                            Set.of(id),
                            FsyncMode.ALWAYS);
            aborts.add(markers.marker(partition, abort));
        }
        putTogether(partition.shard(), aborts);
        for (PendingAppend marker : aborts) {
            if (marker.future().join() instanceof Rejected rejected) {
                throw new IOException(
                        "unfinished transactions of %s: %s".formatted(id, rejected.message()));
            }
        }
    }

    private static CompletableFuture<AppendOutcome> rejected(Reason reason, String message) {
        return CompletableFuture.completedFuture(new Rejected(reason, message));
    }

    @Override
    public Optional<PartitionState> partition(TopicIdPartition id) {
        return find(id).map(HotPartition::state);
    }

    @Override
    public long sizeBytes(TopicIdPartition id) {
        return find(id).map(HotPartition::sizeBytes).orElse(0L);
    }

    @Override
    public Optional<FetchedBatches> read(
            TopicIdPartition id, long offset, int maxBytes, IsolationLevel isolation) {
        return find(id).flatMap(p -> p.read(offset, maxBytes, isolation));
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(
            TopicIdPartition id, long fromOffset, long toOffset) {
        return find(id).map(p -> p.abortedTransactions(fromOffset, toOffset)).orElse(List.of());
    }

    @Override
    public List<ActiveProducer> activeProducers(TopicIdPartition id) {
        return find(id).map(p -> shards.get(p.shard()).activeProducers(p.key())).orElse(List.of());
    }

    @Override
    public Optional<TimestampOffset> offsetForTimestamp(TopicIdPartition id, long timestampMs) {
        return find(id).flatMap(p -> p.offsetForTimestamp(timestampMs));
    }

    @Override
    public Optional<TimestampOffset> maxTimestamp(TopicIdPartition id) {
        return find(id).flatMap(HotPartition::maxTimestamp);
    }

    @Override
    public OptionalLong endOffsetForIngestTime(TopicIdPartition id, long ingestTimeMs) {
        return find(id).map(p -> p.endOffsetForIngestTime(ingestTimeMs))
                .orElse(OptionalLong.empty());
    }

    private Optional<HotPartition> find(TopicIdPartition id) {
        return Optional.ofNullable(shared.partitions().get(PartitionKey.of(id)))
                .filter(p -> !p.deleted());
    }

    @Override
    public void deleteRecordsBefore(TopicIdPartition id, long offset) {
        find(id).ifPresent(partition -> {
            partition.deleteBefore(offset);
            writeMarks(null);
        });
    }

    private synchronized void writeMarks(@Nullable Uuid deletedTopic) {
        try {
            PartitionMarks updated = marks.updated(shared.partitions().values(), deletedTopic);
            updated.write(shared.files(), directory.file(WalOpening.MARKS));
            marks = updated;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void sealNow() {
        List<CompletableFuture<Void>> seals = new ArrayList<>();
        for (WalShard shard : shards) {
            seals.add(shard.sealNow());
        }
        try {
            CompletableFuture.allOf(seals.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? new UncheckedIOException(io) : e;
        }
    }

    @Override
    public List<SealedSegment> sealedSegments() {
        List<List<SealedWalSegment>> perShard = new ArrayList<>();
        shards.forEach(shard -> perShard.add(new ArrayList<>(shard.segments().sealed())));
        List<SealedSegment> merged = new ArrayList<>();
        while (true) {
            List<SealedWalSegment> oldest = null;
            for (List<SealedWalSegment> rest : perShard) {
                if (!rest.isEmpty()
                        && (oldest == null
                                || rest.getFirst().segment().createdAtMs()
                                        < oldest.getFirst().segment().createdAtMs())) {
                    oldest = rest;
                }
            }
            if (oldest == null) {
                return merged;
            }
            merged.add(oldest.removeFirst());
        }
    }

    @Override
    public void release(SealedSegment segment) {
        if (!(segment instanceof SealedWalSegment own)) {
            throw new IllegalArgumentException(segment.id() + " is not a segment of this log");
        }
        try {
            shards.get(own.segment().id().shard()).segments().release(own);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public WalUsage usage() {
        return new WalUsage(shared.usedBytes().get(), config.maxBytes());
    }

    @Override
    public ProducerIdBlock nextProducerIdBlock() {
        try {
            return producerIds.nextBlock();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void addListener(WalListener listener) {
        shared.listeners().add(listener);
    }

    /// Finishes what waits, seals the active segments and unlocks the directory. Batches that were
    /// read and not closed stay valid.
    @Override
    public void close() throws IOException {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        shards.forEach(WalShard::stop);
        for (WalShard shard : shards) {
            shard.awaitEnd();
        }
        shared.background().shutdown();
        try {
            shared.background().awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        shared.partitions().values().forEach(HotPartition::dropAllRuns);
        for (WalShard shard : shards) {
            shard.segments().close();
        }
        directory.close();
    }
}
