package io.annals.wal;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that appends to one shard, and all that only it may touch.
///
/// It takes everything that waits, judges each append (partition, sequence, room), assigns offsets,
/// writes all of them with one gathering write, and makes them durable with one fsync if one of
/// them asks for it. Only then are they published. What arrives meanwhile is the next group.
///
/// An append is published when an fsync covers it, or with [FsyncMode#PERIODIC] when it is written;
/// but never before an earlier append to the same partition.
///
/// After a failed write or fsync nobody knows what the disk holds, so the shard refuses every
/// further append and leaves the decision to recovery (WAL-3).
final class ShardWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardWriter.class);

    /// 8 MiB: long enough to use the disk, short enough to wait for.
    private static final long MAX_GROUP_BYTES = 8L << 20;

    private static final long FOREVER_NANOS = 3_600_000_000_000L;

    private final int shard;
    private final WalShared shared;
    private final WalConfig config;
    private final WalListeners listeners;
    private final AppendQueue queue;
    private final SegmentSupply supply;
    private final ShardSegments segments;
    private final ProducerStates producers;
    private final AppendJudge judge;

    /// In the current group: has offsets, is not written.
    private final List<PendingAppend> group = new ArrayList<>();

    /// Written, in order, and not yet published.
    private final ArrayDeque<PendingAppend> unpublished = new ArrayDeque<>();

    private @Nullable ActiveSegment active;
    private long lastIngestTimeMs;

    /// Bytes that no fsync has covered, and those of them whose acknowledgement waits for one.
    private long unsyncedBytes;

    private long awaitedBytes;
    private long firstUnsyncedNanos;
    private long firstAwaitedNanos;

    /// Why the shard takes no more appends, null as long as it does.
    private @Nullable String failure;

    ShardWriter(
            WalShared shared,
            AppendQueue queue,
            SegmentSupply supply,
            ShardSegments segments,
            ShardRecovery.Recovered recovered) {
        this.shard = recovered.shard();
        this.shared = shared;
        this.config = shared.config();
        this.listeners = shared.listeners();
        this.queue = queue;
        this.supply = supply;
        this.segments = segments;
        this.producers = recovered.producers();
        this.judge = new AppendJudge(producers);
        this.lastIngestTimeMs = recovered.lastIngestTimeMs();
    }

    @Override
    public void run() {
        boolean last = false;
        while (!last) {
            try {
                AppendQueue.Taken taken = queue.take(nextDeadlineNanos(), MAX_GROUP_BYTES);
                last = taken.last();
                taken.commands().forEach(Runnable::run);
                process(taken.appends());
            } catch (InterruptedException _) {
                LOG.warn("shard {}: interrupt ignored, close the log instead", shard);
            }
        }
        end();
    }

    private void process(List<QueuedAppend> appends) {
        try {
            append(appends);
            runTimers();
        } catch (IOException | RuntimeException | Error e) {
            String message = fail(e);
            appends.forEach(a -> a.complete(new Rejected(Reason.STORAGE_ERROR, message)));
        }
    }

    private void append(List<QueuedAppend> appends) throws IOException {
        lastIngestTimeMs = Math.max(lastIngestTimeMs, shared.clock().millis());
        for (QueuedAppend append : appends) {
            admit(append);
        }
        writeGroup();
    }

    /// Puts an append into the group, or refuses it.
    private void admit(QueuedAppend append) throws IOException {
        if (failure != null) {
            append.complete(new Rejected(Reason.STORAGE_ERROR, failure));
            return;
        }
        ActiveSegment target = makeRoom(append.framedBytes());
        if (target == null) {
            append.complete(new Rejected(Reason.STORAGE_ERROR, supply.failure()));
            return;
        }
        List<PendingAppend> parts = append.parts();
        AppendOutcome refused = append.allOrNothing() ? judge.firstRefusal(parts) : null;
        if (refused != null) {
            append.complete(refused);
            return;
        }
        int frameCount = 0;
        for (PendingAppend part : parts) {
            AppendOutcome verdict = judge.assign(part, lastIngestTimeMs);
            if (verdict instanceof Rejected) {
                part.complete(verdict);
                continue;
            }
            part.decided(verdict, part.partition().reservedCount());
            group.add(part);
            if (verdict instanceof Appended appended) {
                part.partition().reserve(appended.endOffset());
                frameCount += part.batches().size();
            }
        }
        int frame = 0;
        for (PendingAppend part : parts) {
            if (part.isAppended()) {
                target.add(part, lastIngestTimeMs, frame, frameCount);
                frame += part.batches().size();
            }
        }
    }

    /// @return the segment that takes the bytes, null if there is none and none can be had
    private @Nullable ActiveSegment makeRoom(long framedBytes) throws IOException {
        ActiveSegment current = active;
        if (current != null && current.fits(framedBytes)) {
            return current;
        }
        if (current != null) {
            writeGroup();
            seal(current, true);
        }
        active = supply.next();
        if (active != null) {
            shared.usedBytes().addAndGet(FrameFormat.FILE_HEADER_BYTES);
        }
        return active;
    }

    private void writeGroup() throws IOException {
        boolean syncNow = false;
        long now = System.nanoTime();
        for (PendingAppend append : group) {
            count(append, now);
            syncNow |= append.request().fsyncMode() == FsyncMode.ALWAYS;
        }
        unpublished.addAll(group);
        group.clear();
        ActiveSegment current = active;
        if (current != null) {
            current.write();
            if (current.isHalfFull()) {
                supply.prepare();
            }
        }
        if (syncNow || awaitedBytes >= config.batchFsyncBytes()) {
            sync();
        } else {
            publishPeriodic();
        }
    }

    private void count(PendingAppend append, long now) {
        long bytes = append.writtenBytes();
        if (bytes == 0) {
            return;
        }
        shared.usedBytes().addAndGet(bytes);
        if (unsyncedBytes == 0) {
            firstUnsyncedNanos = now;
        }
        unsyncedBytes += bytes;
        if (append.request().fsyncMode() != FsyncMode.PERIODIC) {
            if (awaitedBytes == 0) {
                firstAwaitedNanos = now;
            }
            awaitedBytes += bytes;
        }
    }

    /// Makes everything written durable, then publishes it.
    private void sync() throws IOException {
        ActiveSegment current = active;
        if (unsyncedBytes > 0 && current != null) {
            long start = System.nanoTime();
            current.force(unsyncedBytes);
            listeners.synced(unsyncedBytes, System.nanoTime() - start);
            unsyncedBytes = 0;
            awaitedBytes = 0;
        }
        PendingAppend next = unpublished.poll();
        while (next != null) {
            next.publish(listeners);
            next = unpublished.poll();
        }
    }

    private void publishPeriodic() {
        unpublished.removeIf(append -> {
            boolean asked =
                    append.request().fsyncMode() == FsyncMode.PERIODIC || unsyncedBytes == 0;
            boolean ready = asked && append.isNext();
            if (ready) {
                append.publish(listeners);
            }
            return ready;
        });
    }

    private void runTimers() throws IOException {
        ActiveSegment current = active;
        if (failure != null || current == null) {
            return;
        }
        long now = System.nanoTime();
        if (now - syncDeadlineNanos() >= 0) {
            sync();
        }
        if (now - sealDeadlineNanos(current) >= 0) {
            seal(current, false);
        }
    }

    private long nextDeadlineNanos() {
        ActiveSegment current = active;
        long now = System.nanoTime();
        if (failure != null || current == null) {
            return now + FOREVER_NANOS;
        }
        long wait = Math.min(syncDeadlineNanos() - now, sealDeadlineNanos(current) - now);
        return now + Math.min(wait, FOREVER_NANOS);
    }

    private long syncDeadlineNanos() {
        long now = System.nanoTime();
        long wait = FOREVER_NANOS;
        if (awaitedBytes > 0) {
            wait = firstAwaitedNanos + config.batchFsyncDelay().toNanos() - now;
        }
        if (unsyncedBytes > 0) {
            long periodic = firstUnsyncedNanos + config.periodicFsyncInterval().toNanos() - now;
            wait = Math.min(wait, periodic);
        }
        return now + wait;
    }

    private long sealDeadlineNanos(ActiveSegment current) {
        return current.isEmpty()
                ? System.nanoTime() + FOREVER_NANOS
                : current.firstAppendNanos() + config.segmentAge().toNanos();
    }

    /// Hands the active segment over for sealing, with the state of the shard at its end.
    private void seal(ActiveSegment current, boolean bySize) throws IOException {
        sync();
        endTransactionsOf(current.segment());
        producers.expire(lastIngestTimeMs, this::isGone);
        long nextNumber = current.segment().id().number() + 1;
        ByteBuffer checkpoint =
                ShardCheckpoint.encode(nextNumber, lastIngestTimeMs, partitions(), producers);
        segments.seal(new ShardSegments.Sealing(current, nextNumber, checkpoint, bySize));
        active = null;
    }

    /// Everything is published: what the partitions have open now was open at the segment's end.
    private void endTransactionsOf(WalSegment segment) {
        for (BatchIndex index : segment.indexes()) {
            HotPartition partition = shared.partitions().get(index.partition());
            if (partition != null) {
                index.endTransactions(partition.openTransactions());
            }
        }
    }

    /// What the shard remembers of the producers of a partition; on the writer.
    List<ActiveProducer> activeProducers(PartitionKey partition) {
        return producers.active(partition);
    }

    /// Takes transactions over that began in batches this log does not hold; on the writer.
    void adopt(PartitionKey partition, List<OpenTransaction> open) {
        open.forEach(each -> producers.adopt(partition, each, lastIngestTimeMs));
    }

    private List<HotPartition> partitions() {
        return shared.partitions().values().stream().filter(p -> p.shard() == shard).toList();
    }

    private boolean isGone(PartitionKey key) {
        HotPartition partition = shared.partitions().get(key);
        return partition == null || partition.deleted();
    }

    /// Command: seals what is there; `done` completes when everything handed over is sealed.
    void sealNow(CompletableFuture<Void> done) {
        ActiveSegment current = active;
        if (failure == null && current != null && !current.isEmpty()) {
            try {
                seal(current, false);
            } catch (IOException | RuntimeException e) {
                fail(e);
                done.completeExceptionally(e);
                return;
            }
        }
        segments.whenAllSealed(done);
    }

    /// @return what to tell those who wait
    private String fail(Throwable e) {
        String message = failure == null ? StorageFailure.describe(e) : failure;
        if (failure == null) {
            LOG.error("shard {} takes no more appends until restart: {}", shard, message, e);
            listeners.shardFailed(shard, message);
        }
        failure = message;
        queue.refuse(new Rejected(Reason.STORAGE_ERROR, message));
        group.forEach(a -> a.reject(Reason.STORAGE_ERROR, message));
        group.clear();
        unpublished.forEach(a -> a.reject(Reason.STORAGE_ERROR, message));
        unpublished.clear();
        return message;
    }

    private void end() {
        ActiveSegment current = active;
        try {
            supply.close();
            if (current == null) {
                return;
            }
            if (failure != null) {
                segments.abandon(current);
            } else if (current.isEmpty()) {
                current.discard();
            } else {
                seal(current, false);
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }
}
