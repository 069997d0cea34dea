package io.annals.archive;

import io.annals.wal.SealedSegment;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;

/// Batches of one partition in offset order, wherever they lie. Can be passed over more than once
/// and gives the same every time.
@FunctionalInterface
public interface BatchRun {

    void forEachBatch(SealedSegment.BatchVisitor visitor) throws IOException;

    /// What is told of the transactions of these batches.
    default SegmentTransactions transactions() throws IOException {
        return SegmentTransactions.NONE;
    }

    /// The same batches with what is told of their transactions.
    static BatchRun of(BatchRun batches, SegmentTransactions transactions) {
        return new BatchRun() {
            @Override
            public void forEachBatch(SealedSegment.BatchVisitor visitor) throws IOException {
                batches.forEachBatch(visitor);
            }

            @Override
            public SegmentTransactions transactions() {
                return transactions;
            }
        };
    }
}
