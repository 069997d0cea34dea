package io.annals.archive;

import io.annals.wal.BatchView;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.RecordReader;
import io.annals.wal.SealedSegment;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/// Brings the batches of one partition out of WAL segments into a record segment: first [#plan],
/// then [#copyTo]. Confined to one thread.
final class PartitionCopy {
    private final int partition;
    private final List<Source> sources;
    private final long fromOffset;
    private final BatchIndexBuilder index = new BatchIndexBuilder();

    private long recordCount;
    private long minTimestampMs = Long.MAX_VALUE;
    private long maxTimestampMs = Long.MIN_VALUE;
    private long minIngestTimeMs = Long.MAX_VALUE;
    private long maxIngestTimeMs = Long.MIN_VALUE;
    private byte @Nullable [] indexBytes;
    private byte @Nullable [] transactionBytes;

    /// What one WAL segment holds of the partition.
    ///
    /// @param partition as the segment calls it
    record Source(
            SealedSegment segment, TopicIdPartition partition, SealedSegment.Contents contents) {}

    /// @param sources oldest first, at least one
    /// @param fromOffset batches that lie wholly below it are left out
    PartitionCopy(int partition, List<Source> sources, long fromOffset) {
        this.partition = partition;
        this.sources = sources;
        this.fromOffset = fromOffset;
    }

    /// Entry of a partition's batches.
    static String batchesEntry(int partition) {
        return "records/%d.batches".formatted(partition);
    }

    /// Entry of a partition's batch index.
    static String indexEntry(int partition) {
        return "records/%d.index".formatted(partition);
    }

    /// Passes over the batches for the first time: index, counts and times.
    void plan(RecordReader records) throws IOException {
        SegmentTransactions transactions =
                TransactionsEntry.join(
                        sources.stream()
                                .map(source -> source.segment.transactions(source.partition))
                                .toList());
        transactionBytes = transactions.isEmpty() ? null : TransactionsEntry.encode(transactions);
        forEachBatch((bytes, ingestTimeMs) -> plan(BatchView.of(bytes), ingestTimeMs, records));
    }

    long batchCount() {
        return index.batchCount();
    }

    /// The planned index, the same array every time.
    byte[] index() {
        byte[] bytes = indexBytes;
        if (bytes == null) {
            bytes = index.build();
            indexBytes = bytes;
        }
        return bytes;
    }

    /// Bytes of what [#addIndexes] writes.
    long indexBytes() {
        byte[] transactions = transactionBytes;
        return (long) index().length + (transactions == null ? 0 : transactions.length);
    }

    /// Writes the batch index, and what is told of transactions.
    void addIndexes(SeekableTarWriter tar) throws IOException {
        tar.add(indexEntry(partition), EntryCodec.GZ, index());
        byte[] transactions = transactionBytes;
        if (transactions != null) {
            tar.add(TransactionsEntry.name(partition), EntryCodec.GZ, transactions);
        }
    }

    /// Passes over the batches for the second time and writes their bytes; their CRCs are checked
    /// once more.
    RecordSegmentManifest.Partition copyTo(SeekableTarWriter tar) throws IOException {
        String batches = batchesEntry(partition);
        MessageDigest digest = Sha256.newDigest();
        tar.begin(batches, EntryCodec.GZ, index.sizeBytes());
        forEachBatch((bytes, _) -> {
            BatchView batch = BatchView.of(bytes);
            require(batch.crcIsValid(), batch.baseOffset(), "its CRC does not fit");
            digest.update(bytes.duplicate());
            tar.writeWhole(bytes.duplicate(), batch.compressionId() != 0);
        });
        tar.end();
        return new RecordSegmentManifest.Partition(
                partition,
                index.baseOffset(),
                index.endOffset(),
                recordCount,
                index.batchCount(),
                index.sizeBytes(),
                minTimestampMs,
                maxTimestampMs,
                minIngestTimeMs,
                maxIngestTimeMs,
                new RecordSegmentManifest.Part(
                        batches, index.sizeBytes(), HexFormat.of().formatHex(digest.digest())),
                new RecordSegmentManifest.Part(
                        indexEntry(partition), index().length, Sha256.hex(index())),
                transactionsPart());
    }

    private RecordSegmentManifest.@Nullable Part transactionsPart() {
        byte[] bytes = transactionBytes;
        return bytes == null
                ? null
                : new RecordSegmentManifest.Part(
                        TransactionsEntry.name(partition), bytes.length, Sha256.hex(bytes));
    }

    /// Fails if a segment does not give as many batches as it says it has.
    private void forEachBatch(SealedSegment.BatchVisitor visitor) throws IOException {
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

    private void plan(BatchView batch, long ingestTimeMs, RecordReader records) {
        require(
                index.batchCount() == 0 || batch.baseOffset() >= index.endOffset(),
                batch.baseOffset(),
                "it comes after offset " + (index.endOffset() - 1));
        long min = Math.min(batch.baseTimestampMs(), batch.maxTimestampMs());
        long max = batch.maxTimestampMs();
        if (batch.isLogAppendTime()) {
            min = max;
        } else {
            // The header has no smallest timestamp, and its largest is the producer's word.
            try {
                records.open(batch);
                while (records.next()) {
                    min = Math.min(min, records.timestampMs());
                    max = Math.max(max, records.timestampMs());
                }
            } catch (InvalidRecordsException _) {
                // Archived as it was accepted; what cannot be decoded has no other times.
            }
        }
        index.add(
                new BatchIndex.Row(
                        batch.baseOffset(),
                        batch.nextOffset(),
                        index.sizeBytes(),
                        batch.sizeBytes(),
                        max,
                        ingestTimeMs));
        recordCount += batch.recordCount();
        minTimestampMs = Math.min(minTimestampMs, min);
        maxTimestampMs = Math.max(maxTimestampMs, max);
        minIngestTimeMs = Math.min(minIngestTimeMs, ingestTimeMs);
        maxIngestTimeMs = Math.max(maxIngestTimeMs, ingestTimeMs);
    }

    private void require(boolean holds, long offset, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(
                    "batch at offset %d of %s: %s"
                            .formatted(offset, sources.getFirst().partition, otherwise));
        }
    }
}
