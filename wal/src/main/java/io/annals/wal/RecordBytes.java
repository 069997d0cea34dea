package io.annals.wal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.jspecify.annotations.Nullable;

/// A window of heap bytes that slides over the uncompressed records of a batch: straight from the
/// batch's buffer, or out of a codec. Confined to one thread.
///
/// The window doubles only when it is full of bytes that arrived, so a length field that lies costs
/// at most one doubling.
final class RecordBytes implements AutoCloseable {
    private static final int FIRST_WINDOW_BYTES = 16 * 1024;

    /// Windows grown beyond this are given up after their batch.
    private static final int KEPT_WINDOW_BYTES = 4 * 1024 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final int maxBytes;
    private final BufferSupplier suppliers = BufferSupplier.create();

    private byte[] window = new byte[FIRST_WINDOW_BYTES];
    private int at;
    private int limit;
    private long arrived;
    private ByteBuffer plain = NOTHING;
    private @Nullable InputStream codec;

    RecordBytes(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    void open(BatchView batch) {
        close();
        ByteBuffer records = batch.bytes();
        records.position(BatchView.HEADER_BYTES);
        int id = batch.compressionId();
        if (id == CompressionType.NONE.id) {
            plain = records;
            return;
        }
        if (id > CompressionType.ZSTD.id) {
            throw malformed("codec id " + id + " is unknown, allowed is 0 to 4");
        }
        CompressionType type = CompressionType.forId(id);
        if (type == CompressionType.SNAPPY) {
            SnappyBounds.check(records, maxBytes);
        }
        try {
            codec =
                    Compression.of(type)
                            .build()
                            .wrapForInput(records.slice(), BatchView.MAGIC, suppliers);
        } catch (RuntimeException e) {
            throw new InvalidRecordsException("codec " + type + " refused the records", e);
        }
    }

    byte[] array() {
        return window;
    }

    int at() {
        return at;
    }

    /// Makes `length` bytes contiguous in the window.
    ///
    /// @return position of the first byte after them
    int beginRecord(int length) {
        require(length);
        return at + length;
    }

    void endRecord(int end) {
        if (at != end) {
            throw malformed("record has " + (end - at) + " bytes left over");
        }
    }

    /// The records must have ended.
    void requireEnd() {
        if (at < limit || fill() > 0) {
            throw malformed("bytes after the last record");
        }
    }

    /// A varint before a record, where the window may end.
    int readVarint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (at == limit) {
                require(1);
            }
            byte b = window[at++];
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw malformed("varint is longer than 5 bytes");
    }

    byte readByte() {
        return window[at++];
    }

    int readRecordVarint(int end) {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = recordByte(end);
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw malformed("varint is longer than 5 bytes");
    }

    long readRecordVarlong(int end) {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = recordByte(end);
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw malformed("varlong is longer than 10 bytes");
    }

    private byte recordByte(int end) {
        if (at >= end) {
            throw malformed("record ends inside a number");
        }
        return window[at++];
    }

    /// Steps over `length` bytes of the record; negative (null) is nothing.
    ///
    /// @return where they begin
    int skip(int length, int end) {
        int begin = at;
        if (length > 0) {
            if (length > end - at) {
                throw malformed("length " + length + " leads out of the record");
            }
            at += length;
        }
        return begin;
    }

    private void require(int length) {
        if (length > maxBytes) {
            throw tooLarge();
        }
        while (limit - at < length) {
            if (fill() == 0) {
                throw malformed("records end inside a record");
            }
        }
    }

    /// Slides or grows the window if it has no room, then takes what is there.
    ///
    /// @return bytes taken, 0 at the end
    private int fill() {
        if (at > 0 && limit == window.length) {
            System.arraycopy(window, at, window, 0, limit - at);
            limit -= at;
            at = 0;
        }
        if (limit == window.length) {
            window =
                    Arrays.copyOf(
                            window, (int) Math.min(2L * window.length, Integer.MAX_VALUE - 8));
        }
        int taken = take((int) Math.min(window.length - limit, maxBytes + 1L - arrived));
        limit += taken;
        arrived += taken;
        if (arrived > maxBytes) {
            throw tooLarge();
        }
        return taken;
    }

    private int take(int room) {
        InputStream in = codec;
        if (in == null) {
            int taken = Math.min(room, plain.remaining());
            plain.get(window, limit, taken);
            return taken;
        }
        try {
            return Math.max(in.readNBytes(window, limit, room), 0);
        } catch (IOException | RuntimeException e) {
            throw new InvalidRecordsException("codec failed inside the records", e);
        }
    }

    @Override
    public void close() {
        InputStream in = codec;
        codec = null;
        plain = NOTHING;
        at = 0;
        limit = 0;
        arrived = 0;
        if (window.length > KEPT_WINDOW_BYTES) {
            window = new byte[FIRST_WINDOW_BYTES];
        }
        if (in != null) {
            try {
                in.close();
            } catch (IOException | RuntimeException e) {
                throw new InvalidRecordsException("codec failed at the end of the records", e);
            }
        }
    }

    private InvalidRecordsException tooLarge() {
        return new InvalidRecordsException(
                InvalidRecordsException.Reason.TOO_LARGE,
                "records are larger than " + maxBytes + " bytes uncompressed");
    }

    private static InvalidRecordsException malformed(String message) {
        return new InvalidRecordsException(InvalidRecordsException.Reason.MALFORMED, message);
    }
}
