package io.annals.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.DataFormatException;

/// Tar headers (POSIX ustar) of regular files that depend on nothing but name and size: mode 0644,
/// owner 0, time 0.
final class TarHeaders {
    static final int BLOCK_BYTES = 512;

    /// Two zero blocks end a tar.
    static final int END_BYTES = 2 * BLOCK_BYTES;

    /// Eleven octal digits.
    static final long MAX_ENTRY_BYTES = (1L << 33) - 1;

    private static final int SIZE_AT = 124;
    private static final int CHECKSUM_AT = 148;
    private static final int TYPE_AT = 156;

    private TarHeaders() {}

    static byte[] header(String name, long sizeBytes) {
        byte[] header = new byte[BLOCK_BYTES];
        put(header, 0, name);
        put(header, 100, "0000644");
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, SIZE_AT, String.format(Locale.ROOT, "%011o", sizeBytes));
        put(header, 136, "00000000000");
        header[TYPE_AT] = '0';
        put(header, 257, "ustar\00000");
        put(header, 329, "0000000");
        put(header, 337, "0000000");
        Arrays.fill(header, CHECKSUM_AT, CHECKSUM_AT + 8, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, CHECKSUM_AT, String.format(Locale.ROOT, "%06o\0", sum));
        return header;
    }

    /// Zero bytes between the end of an entry's data and the next block.
    static int padding(long sizeBytes) {
        return (int) (-sizeBytes & (BLOCK_BYTES - 1));
    }

    /// The data of the entry that ends a tar: `content` is padding, its header, its data, padding
    /// and the end of the tar.
    static byte[] lastEntry(byte[] content) throws DataFormatException {
        int at = 0;
        while (at < content.length && content[at] == 0) {
            at++;
        }
        int data = at + BLOCK_BYTES;
        if (data > content.length - END_BYTES) {
            throw new DataFormatException("no tar header");
        }
        long size = 0;
        for (int i = SIZE_AT; i < SIZE_AT + 11; i++) {
            size = 8 * size + Character.digit(content[at + i], 8);
        }
        if (size < 0 || data + size + padding(size) + END_BYTES != content.length) {
            throw new DataFormatException("a tar header that announces %d bytes".formatted(size));
        }
        return Arrays.copyOfRange(content, data, data + (int) size);
    }

    private static void put(byte[] header, int at, String ascii) {
        byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
