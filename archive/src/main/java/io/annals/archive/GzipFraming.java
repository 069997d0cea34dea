package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/// The bytes around deflate data that make it a gzip member (RFC 1952), and stored deflate blocks
/// (RFC 1951, 3.2.4). All numbers little-endian.
final class GzipFraming {
    /// No name, no time, no operating system: the same in every member.
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    static final int HEADER_BYTES = 10;
    static final int TRAILER_BYTES = 8;

    /// An empty deflate block takes two bytes.
    static final int MEMBER_BYTES_MIN = HEADER_BYTES + 2 + TRAILER_BYTES;

    static final int STORED_BLOCK_HEADER_BYTES = 5;
    static final int MAX_STORED_BLOCK_BYTES = 65_535;

    private GzipFraming() {}

    static ByteBuffer header() {
        return ByteBuffer.wrap(HEADER).asReadOnlyBuffer();
    }

    static boolean isHeader(ByteBuffer bytes, int at) {
        return bytes.remaining() >= HEADER_BYTES
                && bytes.slice(at, HEADER_BYTES).equals(ByteBuffer.wrap(HEADER));
    }

    static ByteBuffer trailer(int crc32, long sizeBytes) {
        return ByteBuffer.allocate(TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(crc32)
                .putInt((int) sizeBytes)
                .flip();
    }

    static ByteBuffer storedBlockHeader(int lengthBytes, boolean last) {
        return ByteBuffer.allocate(STORED_BLOCK_HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) (last ? 1 : 0))
                .putShort((short) lengthBytes)
                .putShort((short) ~lengthBytes)
                .flip();
    }

    /// Writes one gzip member: the first `deflatedLength` bytes of `deflated`, or `content` in
    /// stored blocks if that is negative.
    static void writeMember(ByteBuffer content, int deflatedLength, byte[] deflated, Sink out)
            throws IOException {
        CRC32 crc32 = new CRC32();
        crc32.update(content.duplicate());
        out.write(header());
        if (deflatedLength >= 0) {
            out.write(ByteBuffer.wrap(deflated, 0, deflatedLength));
        } else {
            ByteBuffer rest = content.duplicate();
            while (rest.hasRemaining()) {
                int block = Math.min(rest.remaining(), MAX_STORED_BLOCK_BYTES);
                out.write(storedBlockHeader(block, block == rest.remaining()));
                out.write(rest.slice(rest.position(), block));
                rest.position(rest.position() + block);
            }
        }
        out.write(trailer((int) crc32.getValue(), content.remaining()));
    }

    /// Where the parts of a member go, one after the other.
    @FunctionalInterface
    interface Sink {
        void write(ByteBuffer bytes) throws IOException;
    }
}
