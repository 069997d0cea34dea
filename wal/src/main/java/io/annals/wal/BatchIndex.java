package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the batches of one partition lie in one segment, by offset and by time.
///
/// Per batch eight bytes: base offset relative to the first, and frame position. Per [#TIME_STRIDE]
/// batches eight more: the largest event time up to and including them. Everything else stands in
/// the mapped frames.
///
/// One writer adds, any thread reads: entries become visible with [#count], which is written last.
final class BatchIndex {
    static final int TIME_STRIDE = 16;

    private final PartitionKey partition;
    private final long baseOffset;

    private volatile Entries entries;
    private volatile int count;
    private volatile long endOffset;
    private volatile long maxTimestampMs = Long.MIN_VALUE;
    private volatile long sizeBytes;

    /// Null as long as there is nothing to say: so it stays for most partitions.
    private volatile @Nullable RunTransactions transactions;

    /// @param times running maximum of event time, one per stride
    private record Entries(int[] offsets, int[] positions, long[] times) {
        Entries resized(int capacity) {
            return new Entries(
                    Arrays.copyOf(offsets, capacity),
                    Arrays.copyOf(positions, capacity),
                    Arrays.copyOf(times, strides(capacity)));
        }
    }

    BatchIndex(PartitionKey partition, long baseOffset) {
        this.partition = partition;
        this.baseOffset = baseOffset;
        this.endOffset = baseOffset;
        this.entries = new Entries(new int[4], new int[4], new long[1]);
    }

    private static int strides(int count) {
        return (count + TIME_STRIDE - 1) / TIME_STRIDE;
    }

    /// Whether a batch with this base offset can be told apart by 32 bits.
    boolean reaches(long batchBaseOffset) {
        return batchBaseOffset - baseOffset <= Integer.MAX_VALUE;
    }

    /// Adds the batch of the frame at `frame`; the writer only.
    void add(int frame, BatchView batch) {
        int n = count;
        Entries e = entries;
        if (n == e.positions.length) {
            e = e.resized(n + (n >> 1) + 4);
            entries = e;
        }
        e.offsets[n] = (int) (batch.baseOffset() - baseOffset);
        e.positions[n] = frame;
        long max = Math.max(maxTimestampMs, batch.maxTimestampMs());
        e.times[n / TIME_STRIDE] = max;
        maxTimestampMs = max;
        long size = sizeBytes + batch.sizeBytes();
        sizeBytes = size;
        endOffset = batch.nextOffset();
        count = n + 1;
    }

    /// A marker that was just added ends a transaction so; the writer only.
    void add(AbortedTransaction aborted) {
        transactionsToWrite().add(aborted);
    }

    /// These are open at the end of the segment; the writer only.
    void endTransactions(List<OpenTransaction> open) {
        if (!open.isEmpty()) {
            transactionsToWrite().end(open);
        }
    }

    private RunTransactions transactionsToWrite() {
        RunTransactions t = transactions;
        if (t == null) {
            t = new RunTransactions();
            transactions = t;
        }
        return t;
    }

    @Nullable RunTransactions transactions() {
        return transactions;
    }

    /// Below it every transaction was decided when the segment ended.
    long stableEndOffset() {
        RunTransactions t = transactions;
        return t == null || t.openAtEnd().isEmpty()
                ? endOffset
                : Math.min(endOffset, t.openAtEnd().getFirst().firstOffset());
    }

    void decodeTransactions(ByteBuffer in) {
        transactions = RunTransactions.decode(in);
    }

    /// Gives up spare room; the writer only, after the last [#add].
    void trim() {
        entries = entries.resized(count);
    }

    PartitionKey partition() {
        return partition;
    }

    long baseOffset() {
        return baseOffset;
    }

    long endOffset() {
        return endOffset;
    }

    /// Bytes of the batches.
    long sizeBytes() {
        return sizeBytes;
    }

    /// Largest event time of all batches.
    long maxTimestampMs() {
        return maxTimestampMs;
    }

    int count() {
        return count;
    }

    /// How many batches begin below `offset`.
    int countBelow(long offset) {
        int n = count;
        return n == 0 || batchOffset(n - 1) < offset ? n : floor(offset - 1, n) + 1;
    }

    /// Position of the frame of batch `i`, which is below a [#count] seen before.
    int frame(int i) {
        return entries.positions[i];
    }

    long batchOffset(int i) {
        return baseOffset + entries.offsets[i];
    }

    /// The last of the first `n` batches that begins at or below `offset`, -1 if none does.
    int floor(long offset, int n) {
        int[] offsets = entries.offsets;
        int low = 0;
        int high = n - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (baseOffset + offsets[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /// The first of the first `n` batches at which the search for an event time of at least
    /// `timestampMs` must begin; `n` if there is no such time among them.
    int firstCandidate(long timestampMs, int n) {
        long[] times = entries.times;
        int full = n / TIME_STRIDE;
        int low = 0;
        int high = full;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (times[middle] < timestampMs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.min(low * TIME_STRIDE, n);
    }

    SealedSegment.Contents contents() {
        return new SealedSegment.Contents(baseOffset, endOffset, count, sizeBytes, maxTimestampMs);
    }

    void encode(DataOutputStream out) throws IOException {
        Entries e = entries;
        partition.encode(out);
        out.writeLong(baseOffset);
        out.writeLong(endOffset);
        out.writeLong(maxTimestampMs);
        out.writeLong(sizeBytes);
        out.writeInt(count);
        for (int i = 0; i < count; i++) {
            out.writeInt(e.offsets[i]);
        }
        for (int i = 0; i < count; i++) {
            out.writeInt(e.positions[i]);
        }
        for (int i = 0; i < strides(count); i++) {
            out.writeLong(e.times[i]);
        }
    }

    static BatchIndex decode(ByteBuffer in) {
        BatchIndex index = new BatchIndex(PartitionKey.decode(in), in.getLong());
        index.endOffset = in.getLong();
        index.maxTimestampMs = in.getLong();
        index.sizeBytes = in.getLong();
        int count = in.getInt();
        int[] offsets = new int[count];
        int[] positions = new int[count];
        long[] times = new long[strides(count)];
        in.asIntBuffer().get(offsets).get(positions);
        in.position(in.position() + 8 * count);
        in.asLongBuffer().get(times);
        in.position(in.position() + 8 * times.length);
        index.entries = new Entries(offsets, positions, times);
        index.count = count;
        return index;
    }
}
