package io.annals.wal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// One shard at work: its queue, its writer with the thread, its sealed segments. Thread-safe.
final class WalShard {
    private final AppendQueue queue = new AppendQueue();
    private final ShardSegments segments;
    private final ShardWriter writer;
    private final Thread thread;

    WalShard(WalShared shared, WalDirectory.WalId walId, ShardRecovery.Recovered recovered) {
        SegmentId first =
                new SegmentId(walId.high(), walId.low(), recovered.shard(), recovered.nextNumber());
        this.segments = new ShardSegments(shared, recovered);
        this.writer =
                new ShardWriter(
                        shared,
                        queue,
                        new SegmentSupply(shared, recovered.folder(), first),
                        segments,
                        recovered);
        this.thread = Thread.ofPlatform().name("annals-wal-" + recovered.shard()).unstarted(writer);
    }

    void start() {
        thread.start();
    }

    AppendQueue queue() {
        return queue;
    }

    ShardSegments segments() {
        return segments;
    }

    /// Runs a command on the writer and waits for it; on the caller's thread if the writer ended.
    void await(Runnable command) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean queued =
                queue.execute(() -> {
                    try {
                        command.run();
                        done.complete(null);
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                });
        if (queued) {
            done.join();
        } else {
            command.run();
        }
    }

    List<ActiveProducer> activeProducers(PartitionKey partition) {
        List<ActiveProducer> active = new ArrayList<>();
        await(() -> active.addAll(writer.activeProducers(partition)));
        return active;
    }

    /// Takes transactions over that began in batches this log does not hold.
    void adopt(HotPartition partition, List<OpenTransaction> open) {
        await(() -> {
            partition.restore(OpenTransactions.of(open));
            writer.adopt(partition.key(), open);
        });
    }

    CompletableFuture<Void> sealNow() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (!queue.execute(() -> writer.sealNow(done))) {
            done.complete(null);
        }
        return done;
    }

    /// Refuses new appends; what waits is finished.
    void stop() {
        queue.stop();
    }

    void awaitEnd() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        segments.stopRetrying();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
