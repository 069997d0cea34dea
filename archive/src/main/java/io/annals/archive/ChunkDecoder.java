package io.annals.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Unpacks chunks and checks every byte of them: framing, lengths, checksums. No state.
final class ChunkDecoder {
    private ChunkDecoder() {}

    /// @param packed the chunk as it lies in the object, position to limit
    static byte[] decode(String key, TocEntry entry, int chunk, ByteBuffer packed)
            throws CorruptObjectException {
        ByteBuffer in = packed.slice().order(ByteOrder.LITTLE_ENDIAN);
        int length = entry.chunks().length(chunk);
        byte[] bytes;
        try {
            bytes =
                    switch (entry.codec()) {
                        case GZ -> member(in, length);
                        case RAW -> blocks(in, length, chunk == entry.chunks().count() - 1);
                    };
        } catch (DataFormatException e) {
            throw new CorruptObjectException(key, entry.where(chunk), length + " packed bytes", e);
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        if ((int) crc.getValue() != entry.chunks().crc32c(chunk)) {
            throw new CorruptObjectException(
                    key,
                    entry.where(chunk),
                    "CRC-32C %08x".formatted(entry.chunks().crc32c(chunk)),
                    "%08x".formatted((int) crc.getValue()));
        }
        return bytes;
    }

    /// The content of one gzip member of this program's making.
    static byte[] member(ByteBuffer in, int length) throws DataFormatException {
        int end = in.limit() - GzipFraming.TRAILER_BYTES;
        if (end < GzipFraming.HEADER_BYTES || !GzipFraming.isHeader(in, 0)) {
            throw new DataFormatException("another gzip header");
        }
        ByteBuffer deflated = in.slice(GzipFraming.HEADER_BYTES, end - GzipFraming.HEADER_BYTES);
        byte[] bytes = new byte[length];
        if (!isStored(deflated.order(ByteOrder.LITTLE_ENDIAN), bytes)) {
            inflate(deflated, bytes);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        if (in.getInt(end) != (int) crc.getValue() || in.getInt(end + 4) != length) {
            throw new DataFormatException("another gzip trailer");
        }
        return bytes;
    }

    /// Fills `bytes` from stored blocks, which need no inflater.
    ///
    /// @return false if there is anything else
    private static boolean isStored(ByteBuffer deflated, byte[] bytes) {
        int done = 0;
        int at = 0;
        boolean last = false;
        while (!last && deflated.limit() - at >= GzipFraming.STORED_BLOCK_HEADER_BYTES) {
            int block = Short.toUnsignedInt(deflated.getShort(at + 1));
            int inverse = Short.toUnsignedInt(deflated.getShort(at + 3));
            last = deflated.get(at) == 1;
            at += GzipFraming.STORED_BLOCK_HEADER_BYTES;
            boolean fits =
                    (last || deflated.get(at - GzipFraming.STORED_BLOCK_HEADER_BYTES) == 0)
                            && block + inverse == GzipFraming.MAX_STORED_BLOCK_BYTES
                            && block <= deflated.limit() - at
                            && block <= bytes.length - done;
            if (!fits) {
                return false;
            }
            deflated.get(at, bytes, done, block);
            at += block;
            done += block;
        }
        return last && at == deflated.limit() && done == bytes.length;
    }

    private static void inflate(ByteBuffer deflated, byte[] bytes) throws DataFormatException {
        int length = bytes.length;
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(deflated);
            int done = 0;
            while (done < length && !inflater.needsInput() && !inflater.finished()) {
                done += inflater.inflate(bytes, done, length - done);
            }
            if (!inflater.finished()) {
                done += inflater.inflate(new byte[1]);
            }
            if (!inflater.finished() || done != length || inflater.getRemaining() != 0) {
                throw new DataFormatException("%d bytes, or data behind".formatted(done));
            }
        }
    }

    private static byte[] blocks(ByteBuffer in, int length, boolean lastChunk)
            throws DataFormatException {
        byte[] bytes = new byte[length];
        int done = 0;
        int at = 0;
        while (done < length) {
            int block = Math.min(length - done, ChunkTable.Blocks.BLOCK_BYTES);
            boolean last = lastChunk && done + block == length;
            ByteBuffer header = in.slice(at, GzipFraming.STORED_BLOCK_HEADER_BYTES);
            if (!header.equals(GzipFraming.storedBlockHeader(block, last))) {
                throw new DataFormatException("another stored block header");
            }
            at += GzipFraming.STORED_BLOCK_HEADER_BYTES;
            in.get(at, bytes, done, block);
            at += block;
            done += block;
        }
        return bytes;
    }
}
