package io.annals.archive;

import io.annals.wal.BatchView;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.RecordReader;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Brings the batches of one partition out of WAL segments into a record segment: first [#plan],
/// then [#copyTo]. Confined to one thread.
final class PartitionCopy {
    private final int partition;
    private final BatchRun batches;
    private final BatchIndexBuilder index = new BatchIndexBuilder();

    private long recordCount;
    private long minTimestampMs = Long.MAX_VALUE;
    private long maxTimestampMs = Long.MIN_VALUE;
    private long minIngestTimeMs = Long.MAX_VALUE;
    private long maxIngestTimeMs = Long.MIN_VALUE;
    private byte @Nullable [] indexBytes;
    private byte @Nullable [] transactionBytes;

    PartitionCopy(int partition, BatchRun batches) {
        this.partition = partition;
        this.batches = batches;
    }

    int partition() {
        return partition;
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
        SegmentTransactions transactions = batches.transactions();
        transactionBytes = transactions.isEmpty() ? null : TransactionsEntry.encode(transactions);
        batches.forEachBatch(
                (bytes, ingestTimeMs) -> plan(BatchView.of(bytes), ingestTimeMs, records));
    }

    long batchCount() {
        return index.batchCount();
    }

    /// First offset of the first batch.
    long baseOffset() {
        return index.baseOffset();
    }

    /// Offset after the last batch.
    long endOffset() {
        return index.endOffset();
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
    ///
    /// @param baseOffset of the range, at most [#baseOffset()]
    RecordSegmentManifest.Partition copyTo(SeekableTarWriter tar, long baseOffset)
            throws IOException {
        String entry = batchesEntry(partition);
        MessageDigest digest = Sha256.newDigest();
        tar.begin(entry, EntryCodec.GZ, index.sizeBytes());
        batches.forEachBatch((bytes, _) -> {
            BatchView batch = BatchView.of(bytes);
            require(batch.crcIsValid(), batch.baseOffset(), "its CRC does not fit");
            digest.update(bytes.duplicate());
            tar.writeWhole(bytes.duplicate(), batch.compressionId() != 0);
        });
        tar.end();
        return new RecordSegmentManifest.Partition(
                partition,
                baseOffset,
                index.endOffset(),
                recordCount,
                index.batchCount(),
                index.sizeBytes(),
                minTimestampMs,
                maxTimestampMs,
                minIngestTimeMs,
                maxIngestTimeMs,
                new RecordSegmentManifest.Part(
                        entry, index.sizeBytes(), HexFormat.of().formatHex(digest.digest())),
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
                    "batch at offset %d of partition %d: %s"
                            .formatted(offset, partition, otherwise));
        }
    }
}
