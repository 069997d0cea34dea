package io.annals.wal;

import java.nio.ByteBuffer;

/// Checks the lengths that snappy data claims before the decoder, which trusts them, allocates.
///
/// Java's framing: 16 bytes of magic and versions, then per chunk a big-endian i32 compressed
/// length and that many bytes of raw snappy. Without the magic the whole is one raw snappy chunk.
/// Raw snappy begins with its uncompressed length as an unsigned varint.
final class SnappyBounds {
    private static final long MAGIC = 0x82534e4150505900L;
    private static final int FRAMING_HEADER_BYTES = 16;

    private SnappyBounds() {}

    /// @param records position to limit are the compressed records; not moved
    static void check(ByteBuffer records, int maxBytes) {
        int at = records.position();
        int end = records.limit();
        if (end - at < FRAMING_HEADER_BYTES || records.getLong(at) != MAGIC) {
            uncompressedLength(records, at, end, maxBytes);
            return;
        }
        at += FRAMING_HEADER_BYTES;
        long total = 0;
        while (at < end) {
            if (end - at >= 8 && records.getLong(at) == MAGIC) {
                at += FRAMING_HEADER_BYTES;
                continue;
            }
            int length = end - at < 4 ? -1 : records.getInt(at);
            at += 4;
            if (length < 1 || length > end - at) {
                throw malformed("snappy chunk of " + length + " bytes does not fit");
            }
            total += uncompressedLength(records, at, at + length, maxBytes);
            if (total > maxBytes) {
                throw tooLarge(maxBytes);
            }
            at += length;
        }
    }

    private static long uncompressedLength(ByteBuffer records, int at, int end, int maxBytes) {
        long length = 0;
        for (int shift = 0; shift < 35 && at < end; shift += 7) {
            byte b = records.get(at++);
            length |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                if (length > maxBytes) {
                    throw tooLarge(maxBytes);
                }
                return length;
            }
        }
        throw malformed("snappy length is not a number");
    }

    private static InvalidRecordsException tooLarge(int maxBytes) {
        return new InvalidRecordsException(
                InvalidRecordsException.Reason.TOO_LARGE,
                "records are larger than " + maxBytes + " bytes uncompressed");
    }

    private static InvalidRecordsException malformed(String message) {
        return new InvalidRecordsException(InvalidRecordsException.Reason.MALFORMED, message);
    }
}
