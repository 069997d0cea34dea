package io.annals.wal;

import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One append on its way: queued, judged, written, published. Made by the caller's thread, then the
/// writer's alone.
final class PendingAppend implements QueuedAppend {
    private final HotPartition partition;
    private final AppendRequest request;
    private final List<BatchView> batches;
    private final CompletableFuture<AppendOutcome> future = new CompletableFuture<>();

    private @Nullable AppendOutcome outcome;
    private long ordinal;
    private @Nullable WalSegment segment;
    private int position;

    /// @throws IllegalArgumentException if the buffer is not a sequence of whole batches
    PendingAppend(HotPartition partition, AppendRequest request) {
        this.partition = partition;
        this.request = request;
        this.batches = split(request.batches());
        if (batches.isEmpty() || batches.size() > FrameFormat.MAX_GROUP_FRAMES) {
            throw new IllegalArgumentException(
                    "an append of %d batches, allowed is 1 to %d"
                            .formatted(batches.size(), FrameFormat.MAX_GROUP_FRAMES));
        }
    }

    private static List<BatchView> split(ByteBuffer buffer) {
        List<BatchView> batches = new ArrayList<>(1);
        int at = buffer.position();
        while (at < buffer.limit()) {
            BatchView batch = new BatchView(buffer, at);
            int room = buffer.limit() - at;
            if (room < BatchView.HEADER_BYTES
                    || batch.magic() != BatchView.MAGIC
                    || batch.sizeBytes() < BatchView.HEADER_BYTES
                    || batch.sizeBytes() > room) {
                throw new IllegalArgumentException("no whole record batch at position " + at);
            }
            batches.add(batch);
            at += batch.sizeBytes();
        }
        return batches;
    }

    HotPartition partition() {
        return partition;
    }

    AppendRequest request() {
        return request;
    }

    List<BatchView> batches() {
        return batches;
    }

    CompletableFuture<AppendOutcome> future() {
        return future;
    }

    @Override
    public List<PendingAppend> parts() {
        return List.of(this);
    }

    @Override
    public boolean allOrNothing() {
        return true;
    }

    @Override
    public long framedBytes() {
        return request.batches().remaining()
                + (long) batches.size() * FrameFormat.FRAME_HEADER_BYTES;
    }

    /// The writer's verdict: appended, or a duplicate.
    ///
    /// @param publishedBefore how many appends to the partition must be published before
    void decided(AppendOutcome verdict, long publishedBefore) {
        outcome = verdict;
        ordinal = publishedBefore;
    }

    boolean isAppended() {
        return outcome instanceof AppendOutcome.Appended;
    }

    /// The first frame goes to `at`.
    void placed(WalSegment in, int at) {
        segment = in;
        position = at;
    }

    /// Bytes that this append adds to the log: none if it is a duplicate.
    long writtenBytes() {
        return segment == null ? 0 : framedBytes();
    }

    /// Whether all earlier appends to the partition are published.
    boolean isNext() {
        return partition.publishedCount() == ordinal;
    }

    /// Makes it visible: index, high watermark, listeners, future.
    void publish(WalListeners listeners) {
        WalSegment in = segment;
        if (in != null && outcome instanceof AppendOutcome.Appended appended) {
            long stableBefore = partition.lastStableOffset();
            int frame = position;
            for (BatchView batch : batches) {
                partition.publish(in, frame, batch);
                frame += FrameFormat.FRAME_HEADER_BYTES + batch.sizeBytes();
            }
            partition.advance(appended.endOffset(), appended.ingestTimeMs());
            listeners.highWatermarkAdvanced(partition.id(), appended.endOffset());
            long stable = partition.lastStableOffset();
            if (stable > stableBefore) {
                listeners.lastStableOffsetAdvanced(partition.id(), stable);
            }
        }
        future.complete(outcome);
    }

    void reject(Reason reason, String message) {
        complete(new Rejected(reason, message));
    }
}
