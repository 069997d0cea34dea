package io.annals.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// The last 64 bytes of an archive object: an empty gzip member whose extra field says where the
/// table of contents is. This layout is the same in every version of the format; `version` says how
/// to understand the rest.
///
/// ```
///  0 1f 8b 08 04 00000000 00 ff    gzip header with an extra field
/// 10 xlen u16 = 39 | 12 'S' 'A' | 14 len u16 = 35
/// 16 version u32 | 20 tocPosition u64 | 28 tocLength u32 | 32 hotPosition u64
/// 40 crc32c u32 of the table-of-contents member and of footer bytes [0, 40)
/// 44 "SEGTARG" | 51 01 00 00 ff ff | 56 crc32 = 0 | 60 isize = 0
/// ```
///
/// @param tocPosition position of the gzip member that holds the table of contents
/// @param tocLength its length; it ends where the footer starts
/// @param hotPosition start of the tail: hot region, table of contents, footer
/// @param crc32c see above
record Footer(int version, long tocPosition, int tocLength, long hotPosition, int crc32c) {
    static final int BYTES = 64;

    private static final int CRC_AT = 40;
    private static final int VERSION_AT = 16;
    private static final byte[] START = {
        0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff, 39, 0, 'S', 'A', 35, 0
    };
    private static final byte[] END = end();

    /// The footer of an object of the current version.
    ///
    /// @param tocCrc over the member that holds the table of contents; is used up
    static Footer of(long tocPosition, int tocLength, long hotPosition, CRC32C tocCrc) {
        int version = TableOfContents.VERSION;
        Footer open = new Footer(version, tocPosition, tocLength, hotPosition, 0);
        tocCrc.update(open.bytes().limit(CRC_AT));
        return new Footer(version, tocPosition, tocLength, hotPosition, (int) tocCrc.getValue());
    }

    ByteBuffer bytes() {
        return ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(START)
                .putInt(version)
                .putLong(tocPosition)
                .putInt(tocLength)
                .putLong(hotPosition)
                .putInt(crc32c)
                .put(END)
                .flip();
    }

    /// The checksum that these fields and this table of contents should have.
    int checksum(ByteBuffer tocMember) {
        CRC32C crc = new CRC32C();
        crc.update(tocMember.duplicate());
        crc.update(bytes().limit(CRC_AT));
        return (int) crc.getValue();
    }

    /// Reads the fields; of their values only the positions are checked.
    ///
    /// @param last the last 64 bytes of the object
    static Footer parse(String key, long objectSize, ByteBuffer last)
            throws CorruptObjectException {
        ByteBuffer in = last.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int at = in.position();
        boolean marked =
                in.slice(at, START.length).equals(ByteBuffer.wrap(START))
                        && in.slice(at + CRC_AT + 4, END.length).equals(ByteBuffer.wrap(END));
        if (!marked) {
            throw new CorruptObjectException(
                    key, "footer", "the 64-byte end of an archive object", "other bytes");
        }
        Footer footer =
                new Footer(
                        in.getInt(at + VERSION_AT),
                        in.getLong(at + 20),
                        in.getInt(at + 28),
                        in.getLong(at + 32),
                        in.getInt(at + CRC_AT));
        boolean fits =
                footer.hotPosition >= 0
                        && footer.hotPosition <= footer.tocPosition
                        && footer.tocLength >= GzipFraming.MEMBER_BYTES_MIN
                        && footer.tocPosition == objectSize - BYTES - footer.tocLength;
        if (!fits) {
            throw new CorruptObjectException(
                    key,
                    "footer",
                    "positions within %d bytes".formatted(objectSize),
                    footer.toString());
        }
        return footer;
    }

    private static byte[] end() {
        byte[] end = new byte[BYTES - CRC_AT - 4];
        byte[] magic = "SEGTARG".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, end, 0, magic.length);
        end[7] = 1;
        end[10] = (byte) 0xff;
        end[11] = (byte) 0xff;
        return end;
    }
}
