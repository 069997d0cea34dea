package io.annals.archive;

import io.annals.registry.RecordSegment;
import io.annals.wal.BatchView;
import io.annals.wal.SealedSegment;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/// What a catalogued record segment holds of one partition: read with few large requests, past the
/// cache, and compared with the hash in the manifest. Thread-safe.
public final class ArchivedRun implements BatchRun {
    private final SeekableTars tars;
    private final RecordSegment segment;
    private final int partition;

    public ArchivedRun(SeekableTars tars, RecordSegment segment, int partition) {
        this.tars = tars;
        this.segment = segment;
        this.partition = partition;
    }

    /// @throws CorruptObjectException if a checksum or the hash does not fit; batches may have been
    ///   visited by then
    @Override
    public void forEachBatch(SealedSegment.BatchVisitor visitor) throws IOException {
        SeekableTar tar = tars.open(segment.object());
        RecordSegmentManifest.Partition part = described(tar);
        SeekableTar.Entry entry = entry(tar, part.batches().entry());
        SeekableTar.Entry indexEntry = entry(tar, part.index().entry());
        BatchIndex index = BatchIndex.load(tar, indexEntry, entry.sizeBytes());
        BatchCursor cursor = BatchCursor.from(tar, index, 0);
        MessageDigest digest = Sha256.newDigest();
        tar.scan(
                entry,
                chunk -> {
                    digest.update(chunk.bytes());
                    visit(chunk, cursor, visitor);
                });
        String sha256 = HexFormat.of().formatHex(digest.digest());
        if (cursor.peek().isPresent() || !sha256.equals(part.batches().sha256())) {
            throw corrupt(part.batches().entry(), "SHA-256 " + part.batches().sha256(), sha256);
        }
    }

    @Override
    public SegmentTransactions transactions() throws IOException {
        SeekableTar tar = tars.open(segment.object());
        return tar.entry(TransactionsEntry.name(partition)).isEmpty()
                ? SegmentTransactions.NONE
                : TransactionsEntry.read(tar, partition);
    }

    private void visit(
            SeekableTar.Chunk chunk, BatchCursor cursor, SealedSegment.BatchVisitor visitor)
            throws IOException {
        int at = 0;
        while (at < chunk.bytes().length) {
            long position = chunk.start() + at;
            BatchIndex.Row row =
                    cursor.peek()
                            .orElseThrow(() ->
                                    corrupt("position " + position, "the end", "more batches"));
            boolean fits =
                    row.position() == position
                            && row.sizeBytes() >= BatchView.HEADER_BYTES
                            && row.sizeBytes() <= chunk.bytes().length - at;
            if (!fits) {
                throw corrupt("position " + position, "the batch that the index describes", "none");
            }
            ByteBuffer batch =
                    ByteBuffer.wrap(chunk.bytes(), at, row.sizeBytes()).slice().asReadOnlyBuffer();
            if (BatchView.of(batch).nextOffset() != row.endOffset()) {
                throw corrupt("position " + position, "end offset " + row.endOffset(), "another");
            }
            visitor.batch(batch, row.ingestTimeMs());
            cursor.advance();
            at += row.sizeBytes();
        }
    }

    private RecordSegmentManifest.Partition described(SeekableTar tar) throws IOException {
        return RecordSegmentManifest.read(tar).partitions().stream()
                .filter(found -> found.partition() == partition)
                .findFirst()
                .orElseThrow(() ->
                        corrupt(Manifests.ENTRY_NAME, "partition " + partition, "no such one"));
    }

    private SeekableTar.Entry entry(SeekableTar tar, String name) throws IOException {
        return tar.entry(name).orElseThrow(() -> corrupt(name, "an entry", "none"));
    }

    private CorruptObjectException corrupt(String where, String expected, String actual) {
        return new CorruptObjectException(segment.object().key(), where, expected, actual);
    }
}
