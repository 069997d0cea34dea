package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;

/// A sealed segment of the file log, as the indexer sees it. Thread-safe.
final class SealedWalSegment implements SealedSegment {
    private final WalSegment segment;
    private final Map<PartitionKey, HotPartition> partitions;

    SealedWalSegment(WalSegment segment, Map<PartitionKey, HotPartition> partitions) {
        this.segment = segment;
        this.partitions = partitions;
    }

    WalSegment segment() {
        return segment;
    }

    @Override
    public String id() {
        return segment.id().toString();
    }

    @Override
    public long sizeBytes() {
        return segment.endPosition();
    }

    @Override
    public long createdAtMs() {
        return segment.createdAtMs();
    }

    @Override
    public Map<TopicIdPartition, Contents> contents() {
        Map<TopicIdPartition, Contents> contents = new LinkedHashMap<>();
        for (BatchIndex index : segment.indexes()) {
            HotPartition partition = partitions.get(index.partition());
            if (partition != null && !partition.deleted()) {
                contents.merge(partition.id(), index.contents(), SealedWalSegment::joined);
            }
        }
        return contents;
    }

    private static Contents joined(Contents first, Contents second) {
        return new Contents(
                first.baseOffset(),
                second.endOffset(),
                first.batchCount() + second.batchCount(),
                first.sizeBytes() + second.sizeBytes(),
                Math.max(first.maxTimestampMs(), second.maxTimestampMs()));
    }

    @Override
    public SegmentTransactions transactions(TopicIdPartition partition) {
        PartitionKey key = PartitionKey.of(partition);
        List<AbortedTransaction> aborted = new ArrayList<>();
        List<OpenTransaction> open = List.of();
        for (BatchIndex index : segment.indexes()) {
            RunTransactions of = index.transactions();
            if (of != null && index.partition().equals(key)) {
                aborted.addAll(of.aborted());
                open = of.openAtEnd();
            }
        }
        return new SegmentTransactions(aborted, open);
    }

    @Override
    public void forEachBatch(TopicIdPartition partition, BatchVisitor visitor) throws IOException {
        if (!segment.acquire()) {
            throw new IOException("segment " + id() + " was released");
        }
        try {
            PartitionKey key = PartitionKey.of(partition);
            FrameFormat.Headers headers = new FrameFormat.Headers(segment.id());
            for (BatchIndex index : segment.indexes()) {
                if (index.partition().equals(key)) {
                    visit(index, headers, visitor);
                }
            }
        } finally {
            segment.release();
        }
    }

    private void visit(BatchIndex index, FrameFormat.Headers headers, BatchVisitor visitor)
            throws IOException {
        ByteBuffer mapped = segment.mapped();
        for (int i = 0; i < index.count(); i++) {
            int frame = index.frame(i);
            if (!headers.headerIsValid(mapped, frame)) {
                throw new CorruptWalException(
                        segment.file(), frame, "a frame of " + index.partition(), "none");
            }
            if (!FrameFormat.batchIsValid(mapped, frame)) {
                throw new CorruptWalException(
                        segment.file(), frame, "a batch that fits its CRC", "one that does not");
            }
            visitor.batch(segment.batch(frame), FrameFormat.ingestTimeMs(mapped, frame));
        }
    }

    @Override
    public String toString() {
        return id();
    }
}
