package io.annals.archive;

import io.annals.wal.BatchView;
import io.annals.wal.SealedSegment;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;

/// What sealed WAL segments hold of one partition, oldest first.
///
/// @param fromOffset batches that lie wholly below it are left out
record WalRuns(List<Source> sources, long fromOffset) implements BatchRun {

    /// @param partition as the segment calls it
    record Source(
            SealedSegment segment, TopicIdPartition partition, SealedSegment.Contents contents) {}

    @Override
    public SegmentTransactions transactions() {
        return TransactionsEntry.join(
                sources.stream()
                        .map(source -> source.segment.transactions(source.partition))
                        .toList());
    }

    /// Fails if a segment does not give as many batches as it says it has.
    @Override
    public void forEachBatch(SealedSegment.BatchVisitor visitor) throws IOException {
        for (Source source : sources) {
            int[] count = new int[1];
            source.segment.forEachBatch(
                    source.partition,
                    (bytes, ingestTimeMs) -> {
                        count[0]++;
                        if (BatchView.of(bytes).nextOffset() > fromOffset) {
                            visitor.batch(bytes, ingestTimeMs);
                        }
                    });
            if (count[0] != source.contents.batchCount()) {
                throw new IllegalStateException(
                        "WAL segment %s: %d batches of %s announced, %d found"
                                .formatted(
                                        source.segment.id(),
                                        source.contents.batchCount(),
                                        source.partition,
                                        count[0]));
            }
        }
    }
}
