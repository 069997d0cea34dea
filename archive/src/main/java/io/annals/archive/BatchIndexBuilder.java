package io.annals.archive;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// Builds the batch index of one partition; [BatchIndex] describes the format. A few bytes of
/// memory per batch. Confined to one thread.
final class BatchIndexBuilder {
    private final List<BatchIndex.Row> open = new ArrayList<>(BatchIndex.BATCHES_PER_BLOCK);
    private ByteBuffer directory = ByteBuffer.allocate(64 * BatchIndex.DIRECTORY_ROW_BYTES);
    private ByteBuffer blocks = ByteBuffer.allocate(16 * 1024);
    private int blockCount;

    private long batchCount;
    private long baseOffset;
    private long endOffset;
    private long sizeBytes;

    long batchCount() {
        return batchCount;
    }

    /// First offset of the first batch.
    long baseOffset() {
        return baseOffset;
    }

    /// Offset after the last batch.
    long endOffset() {
        return endOffset;
    }

    /// Sum of the batches' sizes: the position of the next one.
    long sizeBytes() {
        return sizeBytes;
    }

    /// @param row starts at or above the end of the one before, at position [#sizeBytes]
    void add(BatchIndex.Row row) {
        if (batchCount == 0) {
            baseOffset = row.baseOffset();
        }
        open.add(row);
        batchCount++;
        endOffset = row.endOffset();
        sizeBytes += row.sizeBytes();
        if (open.size() == BatchIndex.BATCHES_PER_BLOCK) {
            closeBlock();
        }
    }

    /// The finished index. Call it once, at the end.
    byte[] build() {
        closeBlock();
        ByteBuffer out =
                ByteBuffer.allocate(
                        BatchIndex.HEADER_BYTES + directory.position() + blocks.position());
        out.put(BatchIndex.magic())
                .putInt(BatchIndex.VERSION)
                .putInt(BatchIndex.BATCHES_PER_BLOCK)
                .putLong(batchCount)
                .putInt(blockCount)
                .putInt(0)
                .put(directory.flip());
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, out.position());
        out.putInt(BatchIndex.CRC_AT, (int) crc.getValue());
        out.put(blocks.flip());
        return out.array();
    }

    private void closeBlock() {
        if (open.isEmpty()) {
            return;
        }
        long maxTimestampMs = Long.MIN_VALUE;
        long maxIngestTimeMs = Long.MIN_VALUE;
        for (BatchIndex.Row row : open) {
            maxTimestampMs = Math.max(maxTimestampMs, row.maxTimestampMs());
            maxIngestTimeMs = Math.max(maxIngestTimeMs, row.ingestTimeMs());
        }
        int start = blocks.position();
        long offset = open.getFirst().baseOffset();
        long timestampMs = maxTimestampMs;
        long ingestTimeMs = maxIngestTimeMs;
        for (BatchIndex.Row row : open) {
            blocks = grown(blocks, 5 * Varints.MAX_BYTES);
            Varints.put(blocks, row.baseOffset() - offset);
            Varints.put(blocks, row.endOffset() - row.baseOffset());
            Varints.put(blocks, row.sizeBytes());
            Varints.putSigned(blocks, row.maxTimestampMs() - timestampMs);
            Varints.putSigned(blocks, row.ingestTimeMs() - ingestTimeMs);
            offset = row.endOffset();
            timestampMs = row.maxTimestampMs();
            ingestTimeMs = row.ingestTimeMs();
        }
        CRC32C crc = new CRC32C();
        crc.update(blocks.array(), start, blocks.position() - start);
        directory = grown(directory, BatchIndex.DIRECTORY_ROW_BYTES);
        directory
                .putLong(open.getFirst().baseOffset())
                .putLong(open.getFirst().position())
                .putLong(maxTimestampMs)
                .putLong(maxIngestTimeMs)
                .putLong(start)
                .putInt(blocks.position() - start)
                .putInt((int) crc.getValue());
        blockCount++;
        open.clear();
    }

    private static ByteBuffer grown(ByteBuffer buffer, int bytes) {
        if (buffer.remaining() >= bytes) {
            return buffer;
        }
        return ByteBuffer.allocate(2 * buffer.capacity()).put(buffer.flip());
    }
}
