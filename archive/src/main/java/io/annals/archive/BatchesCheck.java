package io.annals.archive;

import io.annals.wal.BatchView;
import java.nio.ByteBuffer;

/// Checks the batches of one partition of a record segment while they pass by, chunk by chunk:
/// framing, CRCs, ascending offsets, and that they are what the manifest says. Confined to one
/// thread.
final class BatchesCheck {
    private final String key;
    private final RecordSegmentManifest.Partition expected;
    private final boolean isCompacted;
    private long nextOffset = -1;
    private long firstOffset = -1;
    private long batchCount;
    private long recordCount;
    private long sizeBytes;

    /// @param isCompacted the range may begin before its first batch
    BatchesCheck(String key, RecordSegmentManifest.Partition expected, boolean isCompacted) {
        this.key = key;
        this.expected = expected;
        this.isCompacted = isCompacted;
    }

    /// The next chunk, which holds whole batches.
    void chunk(SeekableTar.Chunk chunk) throws CorruptObjectException {
        ByteBuffer in = ByteBuffer.wrap(chunk.bytes());
        while (in.hasRemaining()) {
            long position = chunk.start() + in.position();
            int room = in.remaining();
            int size = room < BatchView.HEADER_BYTES ? 0 : BatchView.of(in).sizeBytes();
            if (size < BatchView.HEADER_BYTES || size > room) {
                throw corrupt(position, "a batch within %d bytes".formatted(room), size + " bytes");
            }
            batch(position, BatchView.of(in));
            in.position(in.position() + size);
        }
    }

    /// After the last chunk.
    void end() throws CorruptObjectException {
        RecordSegmentManifest.Partition p = expected;
        boolean fits =
                (isCompacted ? firstOffset >= p.baseOffset() : firstOffset == p.baseOffset())
                        && nextOffset == p.endOffset()
                        && batchCount == p.batchCount()
                        && recordCount == p.recordCount()
                        && sizeBytes == p.sizeBytes();
        if (!fits) {
            throw new CorruptObjectException(
                    key,
                    p.batches().entry(),
                    "offsets [%d, %d), %d batches, %d records, %d bytes"
                            .formatted(
                                    p.baseOffset(),
                                    p.endOffset(),
                                    p.batchCount(),
                                    p.recordCount(),
                                    p.sizeBytes()),
                    "[%d, %d), %d, %d, %d"
                            .formatted(
                                    firstOffset, nextOffset, batchCount, recordCount, sizeBytes));
        }
    }

    private void batch(long position, BatchView batch) throws CorruptObjectException {
        if (batch.magic() != BatchView.MAGIC) {
            throw corrupt(position, "magic " + BatchView.MAGIC, "" + batch.magic());
        }
        if (!batch.crcIsValid()) {
            throw corrupt(position, "CRC-32C %08x of a batch".formatted(batch.crc()), "another");
        }
        if (batch.baseOffset() < nextOffset || batch.lastOffsetDelta() < 0) {
            throw corrupt(
                    position,
                    "a batch from offset %d on".formatted(nextOffset),
                    "[%d, %d)".formatted(batch.baseOffset(), batch.nextOffset()));
        }
        firstOffset = batchCount == 0 ? batch.baseOffset() : firstOffset;
        nextOffset = batch.nextOffset();
        batchCount++;
        recordCount += batch.recordCount();
        sizeBytes += batch.sizeBytes();
    }

    private CorruptObjectException corrupt(long position, String expectation, String actual) {
        return new CorruptObjectException(
                key,
                "%s at position %d".formatted(expected.batches().entry(), position),
                expectation,
                actual);
    }
}
