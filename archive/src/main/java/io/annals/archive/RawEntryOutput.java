package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/// [EntryCodec#RAW]: one gzip member of stored blocks, all full but the last.
final class RawEntryOutput implements EntryOutput {
    private final ObjectFileOutput out;
    private final long sizeBytes;
    private final ByteBuffer block = ByteBuffer.allocate(ChunkTable.Blocks.BLOCK_BYTES);
    private final CRC32 crc32 = new CRC32();
    private final CRC32C chunkCrc = new CRC32C();
    private final int[] crcs;
    private long written;

    RawEntryOutput(ObjectFileOutput out, long sizeBytes) throws IOException {
        this.out = out;
        this.sizeBytes = sizeBytes;
        this.crcs = new int[ChunkTable.Blocks.count(sizeBytes)];
        if (sizeBytes > 0) {
            out.write(GzipFraming.header());
        }
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), block.remaining());
            block.put(block.position(), bytes, bytes.position(), length);
            block.position(block.position() + length);
            bytes.position(bytes.position() + length);
            if (!block.hasRemaining()) {
                writeBlock();
            }
        }
    }

    @Override
    public void writeWhole(ByteBuffer bytes, boolean packed) {
        throw new UnsupportedOperationException("codec raw cuts chunks by position");
    }

    @Override
    public ChunkTable finish() throws IOException {
        if (block.position() > 0) {
            writeBlock();
        }
        if (sizeBytes > 0) {
            out.write(GzipFraming.trailer((int) crc32.getValue(), sizeBytes));
        }
        return new ChunkTable.Blocks(sizeBytes, crcs);
    }

    private void writeBlock() throws IOException {
        block.flip();
        int length = block.remaining();
        crc32.update(block.duplicate());
        chunkCrc.update(block.duplicate());
        int chunk = (int) (written / ChunkTable.Blocks.CHUNK_BYTES);
        written += length;
        out.write(GzipFraming.storedBlockHeader(length, written == sizeBytes));
        out.write(block);
        block.clear();
        if (written % ChunkTable.Blocks.CHUNK_BYTES == 0 || written == sizeBytes) {
            crcs[chunk] = (int) chunkCrc.getValue();
            chunkCrc.reset();
        }
    }
}
