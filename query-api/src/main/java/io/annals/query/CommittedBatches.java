package io.annals.query;

import io.annals.wal.AbortedTransaction;
import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import java.nio.ByteBuffer;
import java.util.List;

/// The first of some batches, as readers of committed records get them. Closes all of them.
///
/// @param count of batches that lie below the last stable offset
/// @param nextOffset after the last of those
record CommittedBatches(
        FetchedBatches all,
        int count,
        int sizeBytes,
        long nextOffset,
        List<AbortedTransaction> abortedTransactions)
        implements FetchedBatches {

    /// Those of `all` that begin below `lastStableOffset`, which is where a batch begins or ends.
    ///
    /// @param offset that was asked for
    static CommittedBatches below(long lastStableOffset, FetchedBatches all, long offset) {
        int count = 0;
        int sizeBytes = 0;
        long nextOffset = offset;
        for (ByteBuffer bytes : all.batches()) {
            BatchView batch = BatchView.of(bytes);
            if (batch.baseOffset() >= lastStableOffset) {
                break;
            }
            count++;
            sizeBytes += bytes.remaining();
            nextOffset = batch.nextOffset();
        }
        return new CommittedBatches(all, count, sizeBytes, nextOffset, List.of());
    }

    CommittedBatches with(List<AbortedTransaction> aborted) {
        return new CommittedBatches(all, count, sizeBytes, nextOffset, aborted);
    }

    @Override
    public List<ByteBuffer> batches() {
        return all.batches().subList(0, count);
    }

    @Override
    public long ingestTimeMs(int i) {
        return all.ingestTimeMs(i);
    }

    @Override
    public void close() {
        all.close();
    }
}
