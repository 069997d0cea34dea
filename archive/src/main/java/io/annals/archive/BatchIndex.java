package io.annals.archive;

import io.annals.wal.BatchView;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// `records/<partition>.index` of an open record segment: where each batch lies, and when it came.
/// Immutable; the directory is in memory, a block is read when it is asked for.
///
/// Batches are grouped in blocks of [#BATCHES_PER_BLOCK], so that the memory and the bytes that one
/// lookup takes do not depend on how small the batches are. Numbers are big-endian.
///
/// ```
///  0 "ANNALSRI" | 8 version u32 | 12 batchesPerBlock u32 | 16 batchCount u64
/// 24 blockCount u32 | 28 crc32c u32 of header and directory, taken with 0 here
/// 32 directory, per block 48 bytes:
///      0 baseOffset i64 | 8 position i64 | 16 maxTimestampMs i64 | 24 maxIngestTimeMs i64
///     32 blockPosition u64 | 40 blockLength u32 | 44 crc32c u32 of the block
/// then the blocks, per batch five varints:
///      gap before baseOffset | endOffset - baseOffset | sizeBytes
///      maxTimestampMs, signed difference | ingestTimeMs, signed difference
/// ```
///
/// Gaps and differences are against the batch before; for the first batch of a block against the
/// directory row. `position` counts in `records/<partition>.batches`, `blockPosition` from the end
/// of the directory.
final class BatchIndex {
    static final int VERSION = 1;
    static final int BATCHES_PER_BLOCK = 128;
    static final int HEADER_BYTES = 32;
    static final int CRC_AT = 28;
    static final int DIRECTORY_ROW_BYTES = 48;

    private static final String MAGIC = "ANNALSRI";
    private static final int MAX_BLOCKS = 2 * 1024 * 1024;

    private final SeekableTar.Entry entry;
    private final long batchesBytes;
    private final long batchCount;
    private final ByteBuffer directory;

    private BatchIndex(
            SeekableTar.Entry entry, long batchesBytes, long batchCount, ByteBuffer directory) {
        this.entry = entry;
        this.batchesBytes = batchesBytes;
        this.batchCount = batchCount;
        this.directory = directory;
    }

    /// One batch.
    ///
    /// @param endOffset offset after its last record
    /// @param position in `records/<partition>.batches`
    record Row(
            long baseOffset,
            long endOffset,
            long position,
            int sizeBytes,
            long maxTimestampMs,
            long ingestTimeMs) {}

    static byte[] magic() {
        return MAGIC.getBytes(StandardCharsets.US_ASCII);
    }

    /// Reads header and directory.
    ///
    /// @param batchesBytes size of the entry that is indexed
    static BatchIndex load(SeekableTar tar, SeekableTar.Entry entry, long batchesBytes)
            throws IOException {
        String key = tar.object().key();
        if (entry.sizeBytes() < HEADER_BYTES) {
            throw corrupt(key, entry, "at least %d bytes".formatted(HEADER_BYTES), "fewer");
        }
        ByteBuffer header = read(tar, entry, 0, HEADER_BYTES);
        if (!header.slice(0, MAGIC.length()).equals(ByteBuffer.wrap(magic()))) {
            throw corrupt(key, entry, MAGIC, "other bytes");
        }
        int version = header.getInt(8);
        if (version != VERSION) {
            throw new TooNewObjectException(key, entry.name(), version, VERSION);
        }
        long batchCount = header.getLong(16);
        int blockCount = header.getInt(24);
        boolean fits =
                header.getInt(12) == BATCHES_PER_BLOCK
                        && blockCount >= 1
                        && blockCount <= MAX_BLOCKS
                        && blockCount == Math.ceilDiv(batchCount, BATCHES_PER_BLOCK)
                        && (long) blockCount * DIRECTORY_ROW_BYTES
                                <= entry.sizeBytes() - HEADER_BYTES;
        if (!fits) {
            throw corrupt(
                    key,
                    entry,
                    "blocks that fit into %d bytes".formatted(entry.sizeBytes()),
                    "%d blocks, %d batches".formatted(blockCount, batchCount));
        }
        ByteBuffer directory = read(tar, entry, HEADER_BYTES, blockCount * DIRECTORY_ROW_BYTES);
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().limit(CRC_AT));
        crc.update(new byte[Integer.BYTES]);
        crc.update(directory.duplicate());
        if ((int) crc.getValue() != header.getInt(CRC_AT)) {
            throw corrupt(
                    key,
                    entry,
                    "CRC-32C %08x of header and directory".formatted(header.getInt(CRC_AT)),
                    "%08x".formatted((int) crc.getValue()));
        }
        return new BatchIndex(entry, batchesBytes, batchCount, directory);
    }

    long batchCount() {
        return batchCount;
    }

    int blockCount() {
        return directory.limit() / DIRECTORY_ROW_BYTES;
    }

    long baseOffset(int block) {
        return directory.getLong(block * DIRECTORY_ROW_BYTES);
    }

    long position(int block) {
        return block == blockCount()
                ? batchesBytes
                : directory.getLong(block * DIRECTORY_ROW_BYTES + 8);
    }

    long maxTimestampMs(int block) {
        return directory.getLong(block * DIRECTORY_ROW_BYTES + 16);
    }

    long maxIngestTimeMs(int block) {
        return directory.getLong(block * DIRECTORY_ROW_BYTES + 24);
    }

    /// Memory it holds, roughly.
    int weightBytes() {
        return directory.capacity() + 200;
    }

    /// The last block whose first batch starts at or below `offset`, or the first block.
    int blockFor(long offset) {
        int low = 0;
        int high = blockCount() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (baseOffset(middle) <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /// The batches of a block, in offset order.
    ///
    /// @param tar the object that this index was loaded from; not kept here, so that keeping a
    ///   directory does not keep an object's tail
    List<Row> block(SeekableTar tar, int block) throws IOException {
        int at = block * DIRECTORY_ROW_BYTES;
        long start = HEADER_BYTES + directory.limit() + directory.getLong(at + 32);
        int length = directory.getInt(at + 40);
        if (start < 0 || length < 0 || start > entry.sizeBytes() - length) {
            throw corruptBlock(tar, block, "a range within the entry", start + " + " + length);
        }
        ByteBuffer in = read(tar, entry, start, length);
        CRC32C crc = new CRC32C();
        crc.update(in.duplicate());
        if ((int) crc.getValue() != directory.getInt(at + 44)) {
            throw corruptBlock(
                    tar,
                    block,
                    "CRC-32C %08x".formatted(directory.getInt(at + 44)),
                    "%08x".formatted((int) crc.getValue()));
        }
        int count =
                (int) Math.min(BATCHES_PER_BLOCK, batchCount - (long) block * BATCHES_PER_BLOCK);
        List<Row> rows = rows(tar, block, in, count);
        Row last = rows.getLast();
        if (last.position + last.sizeBytes != position(block + 1)) {
            throw corruptBlock(
                    tar,
                    block,
                    "batches up to position " + position(block + 1),
                    "batches up to " + (last.position + last.sizeBytes));
        }
        return rows;
    }

    private List<Row> rows(SeekableTar tar, int block, ByteBuffer in, int count)
            throws CorruptObjectException {
        List<Row> rows = new ArrayList<>(count);
        long offset = baseOffset(block);
        long position = position(block);
        long timestampMs = maxTimestampMs(block);
        long ingestTimeMs = maxIngestTimeMs(block);
        try {
            for (int i = 0; i < count; i++) {
                long baseOffset = offset + Varints.get(in);
                long endOffset = baseOffset + Varints.get(in);
                long size = Varints.get(in);
                timestampMs += Varints.getSigned(in);
                ingestTimeMs += Varints.getSigned(in);
                boolean possible =
                        baseOffset >= offset
                                && endOffset >= baseOffset
                                && size >= BatchView.HEADER_BYTES
                                && size <= TableOfContents.MAX_CHUNK_BYTES;
                if (!possible) {
                    throw corruptBlock(
                            tar,
                            block,
                            "batches in order",
                            "batch %d: offsets [%d, %d), %d bytes"
                                    .formatted(i, baseOffset, endOffset, size));
                }
                rows.add(
                        new Row(
                                baseOffset,
                                endOffset,
                                position,
                                (int) size,
                                timestampMs,
                                ingestTimeMs));
                offset = endOffset;
                position += size;
            }
        } catch (BufferUnderflowException e) {
            throw corruptBlock(tar, block, count + " batches", "fewer");
        }
        return rows;
    }

    private static ByteBuffer read(
            SeekableTar tar, SeekableTar.Entry entry, long position, int length)
            throws IOException {
        byte[] bytes = new byte[length];
        tar.read(entry, position, bytes, 0, length);
        return ByteBuffer.wrap(bytes);
    }

    private CorruptObjectException corruptBlock(
            SeekableTar tar, int block, String expected, String actual) {
        return new CorruptObjectException(
                tar.object().key(),
                "entry %s block %d".formatted(entry.name(), block),
                expected,
                actual);
    }

    private static CorruptObjectException corrupt(
            String key, SeekableTar.Entry entry, String expected, String actual) {
        return new CorruptObjectException(key, "entry " + entry.name(), expected, actual);
    }
}
