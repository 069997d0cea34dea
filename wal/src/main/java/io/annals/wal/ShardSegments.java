package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The sealed segments of one shard: sealed in the background, listed, and finally released.
///
/// A segment is listed when its bytes, its sidecar and a checkpoint that accounts for it are
/// durable, in this order (WAL-4): it can then be released without the shard forgetting an offset
/// or a sequence.
///
/// Thread-safe. Segments are sealed one after the other; one that fails (a full disk) is tried
/// again until the log is closed.
final class ShardSegments {
    private static final Logger LOG = LoggerFactory.getLogger(ShardSegments.class);
    private static final long RETRY_MS = 500;

    private final WalShared shared;
    private final Path folder;

    /// Guarded by this, as everything below.
    private final List<SealedWalSegment> sealed = new ArrayList<>();

    private final ArrayDeque<Sealing> toSeal = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private final List<ActiveSegment> abandoned = new ArrayList<>();
    private boolean closed;

    /// @param segment written, durable, not appended to any more
    /// @param checkpoint encoded state of the shard at its end
    record Sealing(ActiveSegment segment, long nextNumber, ByteBuffer checkpoint, boolean bySize) {}

    ShardSegments(WalShared shared, ShardRecovery.Recovered recovered) {
        this.shared = shared;
        this.folder = recovered.folder();
        for (WalSegment segment : recovered.sealed()) {
            sealed.add(new SealedWalSegment(segment, shared.partitions()));
            shared.usedBytes().addAndGet(segment.endPosition());
        }
    }

    /// Oldest first.
    synchronized List<SealedWalSegment> sealed() {
        return List.copyOf(sealed);
    }

    /// Takes a segment over from the writer.
    synchronized void seal(Sealing sealing) {
        toSeal.add(sealing);
        if (toSeal.size() == 1) {
            shared.background().execute(this::sealWaiting);
        }
    }

    /// Completes `done` when everything handed over is sealed, or has failed to be once.
    synchronized void whenAllSealed(CompletableFuture<Void> done) {
        if (toSeal.isEmpty()) {
            done.complete(null);
        } else {
            waiting.add(done);
        }
    }

    private synchronized @Nullable Sealing head() {
        return toSeal.peek();
    }

    private void sealWaiting() {
        Sealing next = head();
        while (next != null) {
            try {
                seal(next.segment, next);
            } catch (IOException | RuntimeException e) {
                retryLater(e);
                return;
            }
            next = head();
        }
    }

    private void seal(ActiveSegment active, Sealing sealing) throws IOException {
        WalSegment segment = active.segment();
        SegmentFile.seal(shared.files(), active.channel(), segment);
        ShardCheckpoint.store(shared.files(), folder, sealing.nextNumber, sealing.checkpoint);
        active.channel().close();
        SealedWalSegment listed = new SealedWalSegment(segment, shared.partitions());
        List<CompletableFuture<Void>> done = List.of();
        synchronized (this) {
            toSeal.remove();
            sealed.add(listed);
            if (toSeal.isEmpty()) {
                done = List.copyOf(waiting);
                waiting.clear();
            }
        }
        shared.listeners().segmentSealed(listed, sealing.bySize);
        done.forEach(d -> d.complete(null));
    }

    private synchronized void retryLater(Exception e) {
        LOG.error("segment {} cannot be sealed yet", toSeal.element().segment.segment().id(), e);
        waiting.forEach(d -> d.completeExceptionally(e));
        waiting.clear();
        if (!closed) {
            shared.background().schedule(this::sealWaiting, RETRY_MS, TimeUnit.MILLISECONDS);
        }
    }

    /// Deletes the oldest sealed segment. Durable before a younger one can go, so that after a
    /// crash no hole is left between those that stay.
    synchronized void release(SealedWalSegment released) throws IOException {
        if (sealed.isEmpty() || sealed.getFirst() != released) {
            throw new IllegalArgumentException(
                    released + " is not the oldest sealed segment of its shard");
        }
        WalSegment segment = released.segment();
        Files.deleteIfExists(segment.file());
        Files.deleteIfExists(folder.resolve(segment.id().indexName()));
        shared.files().syncDirectory(folder);
        sealed.removeFirst();
        for (BatchIndex index : segment.indexes()) {
            HotPartition partition = shared.partitions().get(index.partition());
            if (partition != null) {
                partition.dropRuns(segment);
                if (partition.deleted() && partition.isEmpty()) {
                    shared.partitions().remove(index.partition());
                }
            }
        }
        shared.usedBytes().addAndGet(-segment.endPosition());
        segment.release();
    }

    /// The log is being closed: what cannot be sealed now is left to recovery.
    synchronized void stopRetrying() {
        closed = true;
    }

    /// Takes a segment over whose writes failed: readable until the log is closed, never sealed.
    synchronized void abandon(ActiveSegment failed) {
        abandoned.add(failed);
    }

    /// Lets the memory go, after nobody can find a segment any more.
    synchronized void close() throws IOException {
        toSeal.forEach(left -> abandoned.add(left.segment));
        for (ActiveSegment left : abandoned) {
            left.channel().close();
            left.segment().release();
        }
        sealed.forEach(s -> s.segment().release());
    }
}
