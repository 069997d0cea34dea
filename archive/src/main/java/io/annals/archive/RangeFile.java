package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/// A file of [DiskCache]: a range of an object, with checksums of its own per block, so that a part
/// of it can be read and checked alone. No state.
///
/// ```
///  0 "ANNALSDC" | 8 version u32 | 12 position i64 | 20 length u32 | 24 nameLength u32
/// 28 name of the object, UTF-8 | crc32c u32 of each 64 KiB block of the bytes
///    crc32c u32 of all this | the bytes
/// ```
///
/// Numbers are big-endian.
final class RangeFile {
    static final int VERSION = 1;
    static final int BLOCK_BYTES = 64 * 1024;

    /// A larger range is not kept.
    static final int MAX_BYTES = 1 << 30;

    private static final byte[] MAGIC = "ANNALSDC".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED_BYTES = 28;

    /// Upper bound of the name, for the bookkeeping of sizes.
    private static final int MAX_NAME_BYTES = ObjectStore.MAX_KEY_LENGTH + 100;

    private RangeFile() {}

    /// What a file must be about.
    record Name(String object, long position, int length) {
        int blocks() {
            return Math.ceilDiv(length, BLOCK_BYTES);
        }

        int headerBytes() {
            return FIXED_BYTES
                    + object.getBytes(StandardCharsets.UTF_8).length
                    + (blocks() + 1) * Integer.BYTES;
        }
    }

    /// Size of a file with so many bytes, roughly.
    static int bytes(int length) {
        return FIXED_BYTES
                + MAX_NAME_BYTES / 4
                + (Math.ceilDiv(length, BLOCK_BYTES) + 1) * Integer.BYTES
                + length;
    }

    /// Makes the file.
    static void write(Path path, Name name, ByteBuffer bytes) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(name.headerBytes());
        byte[] object = name.object.getBytes(StandardCharsets.UTF_8);
        header.put(MAGIC).putInt(VERSION).putLong(name.position).putInt(name.length);
        header.putInt(object.length).put(object);
        for (int block = 0; block < name.blocks(); block++) {
            header.putInt(crc(block(bytes, name, block)));
        }
        header.putInt(crc(header.duplicate().flip()));
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeAll(file, header.flip());
            writeAll(file, bytes.duplicate());
        }
    }

    /// Fills `target` with what begins at `from` in the object; it must lie in the range.
    ///
    /// @throws CorruptObjectException if the file is not what it should be
    /// @throws java.nio.file.NoSuchFileException if it is not there
    static void read(Path path, Name name, long from, ByteBuffer target) throws IOException {
        int start = (int) (from - name.position);
        int firstBlock = start / BLOCK_BYTES;
        int lastBlock = (start + target.remaining() - 1) / BLOCK_BYTES;
        int blocksStart = firstBlock * BLOCK_BYTES;
        int blocksEnd = (int) Math.min(name.length, (lastBlock + 1L) * BLOCK_BYTES);
        try (FileChannel file =
                FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer header = read(path, file, 0, name.headerBytes());
            check(path, name, header);
            int crcs = header.limit() - (name.blocks() + 1) * Integer.BYTES;
            ByteBuffer blocks =
                    read(path, file, header.limit() + (long) blocksStart, blocksEnd - blocksStart);
            for (int block = firstBlock; block <= lastBlock; block++) {
                int at = (block - firstBlock) * BLOCK_BYTES;
                int length = Math.min(BLOCK_BYTES, blocks.limit() - at);
                int expected = header.getInt(crcs + block * Integer.BYTES);
                int actual = crc(blocks.slice(at, length));
                if (actual != expected) {
                    throw corrupt(
                            path,
                            "block " + block,
                            "CRC-32C %08x".formatted(expected),
                            "%08x".formatted(actual));
                }
            }
            target.put(blocks.slice(start - blocksStart, target.remaining()));
        }
    }

    private static void check(Path path, Name name, ByteBuffer header)
            throws CorruptObjectException {
        int end = header.limit() - Integer.BYTES;
        byte[] object = name.object.getBytes(StandardCharsets.UTF_8);
        boolean fits =
                header.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))
                        && header.getInt(8) == VERSION
                        && header.getLong(12) == name.position
                        && header.getInt(20) == name.length
                        && header.getInt(24) == object.length
                        && header.slice(FIXED_BYTES, object.length).equals(ByteBuffer.wrap(object))
                        && header.getInt(end) == crc(header.slice(0, end));
        if (!fits) {
            throw corrupt(path, "header", "that of " + name, "another one");
        }
    }

    private static ByteBuffer read(Path path, FileChannel file, long position, int length)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, position + bytes.position()) < 0) {
                throw corrupt(
                        path,
                        "file",
                        "at least %d bytes".formatted(position + length),
                        "%d bytes".formatted(file.size()));
            }
        }
        return bytes.flip();
    }

    private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private static ByteBuffer block(ByteBuffer bytes, Name name, int block) {
        int at = block * BLOCK_BYTES;
        return bytes.slice(bytes.position() + at, Math.min(BLOCK_BYTES, name.length - at));
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static CorruptObjectException corrupt(
            Path path, String where, String expected, String actual) {
        return new CorruptObjectException(path.toString(), where, expected, actual);
    }
}
