package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// Batches read from mapped WAL segments. Holds a reference to each of those until closed.
final class MappedBatches implements FetchedBatches {
    private final List<ByteBuffer> batches = new ArrayList<>();
    private final List<WalSegment> pinned = new ArrayList<>(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private long[] ingestTimesMs = new long[8];
    private int sizeBytes;
    private long nextOffset;
    private List<AbortedTransaction> aborted = List.of();

    MappedBatches(long nextOffset) {
        this.nextOffset = nextOffset;
    }

    /// Takes over the caller's reference to `segment`.
    void pin(WalSegment segment) {
        pinned.add(segment);
    }

    void add(WalSegment segment, int frame) {
        int i = batches.size();
        if (i == ingestTimesMs.length) {
            ingestTimesMs = Arrays.copyOf(ingestTimesMs, 2 * i);
        }
        ingestTimesMs[i] = FrameFormat.ingestTimeMs(segment.mapped(), frame);
        ByteBuffer batch = segment.batch(frame);
        batches.add(batch);
        sizeBytes += batch.remaining();
        nextOffset = FrameFormat.endOffset(segment.mapped(), frame);
    }

    @Override
    public List<ByteBuffer> batches() {
        return Collections.unmodifiableList(batches);
    }

    @Override
    public long ingestTimeMs(int i) {
        return ingestTimesMs[i];
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long nextOffset() {
        return nextOffset;
    }

    void setAbortedTransactions(List<AbortedTransaction> overlapping) {
        aborted = overlapping;
    }

    @Override
    public List<AbortedTransaction> abortedTransactions() {
        return aborted;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            pinned.forEach(WalSegment::release);
        }
    }
}
