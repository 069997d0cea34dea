package io.annals.wal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A cursor over the records inside one batch: key, value, headers, timestamp and offset of each,
/// as ranges of a byte array, without an object per record.
///
/// ```
/// try (RecordReader records = new RecordReader(maxBytes)) {
///     records.open(batch);
///     while (records.next()) {
///         use(records.array(), records.valueAt(), records.valueLength());
///     }
/// }
/// ```
///
/// The array and its ranges hold until the following [#next]. One reader can be opened on many
/// batches, one after the other, and keeps its memory. Confined to one thread at a time.
///
/// Nothing is trusted: memory grows with the bytes that really arrive out of the codec, never with
/// what a length field claims, and never beyond the bound. Records must have strictly increasing
/// offset deltas within the batch, their number must be the header's, and no byte may be left over;
/// everything else is an [InvalidRecordsException].
///
/// ```
/// record: length varint | attributes i8 | timestampDelta varlong | offsetDelta varint
///         keyLength varint (-1 null) key | valueLength varint (-1 null) value
///         headerCount varint { keyLength varint key | valueLength varint (-1 null) value }
/// ```
public final class RecordReader implements AutoCloseable {
    /// Attributes, timestamp delta, offset delta, two lengths and a header count of a byte each.
    private static final int SMALLEST_RECORD_BYTES = 6;

    private final RecordBytes bytes;

    private long baseOffset;
    private long baseTimestampMs;
    private long appendTimestampMs;
    private boolean logAppendTime;
    private int lastOffsetDelta;
    private int recordCount;
    private boolean consecutive;

    private int visited;
    private int offsetDelta;
    private long timestampMs;
    private int keyAt;
    private int keyLength;
    private int valueAt;
    private int valueLength;
    private int headerCount;
    private int[] headers = new int[16];

    /// @param maxBytes bound for the uncompressed records of one batch
    public RecordReader(int maxBytes) {
        this.bytes = new RecordBytes(maxBytes);
    }

    /// Checks that a batch is whole and decodable and that its offset deltas count from 0 without a
    /// gap, as every batch from a producer must. Does not check the CRC.
    ///
    /// @throws InvalidRecordsException if it is not
    public void validate(BatchView batch) {
        open(batch);
        consecutive = true;
        if (lastOffsetDelta != recordCount - 1) {
            throw malformed(
                    "last offset delta %d does not fit %d records"
                            .formatted(lastOffsetDelta, recordCount));
        }
        while (next()) {
            // next() does the checking
        }
    }

    /// Starts on the first record of `batch`, whose buffer must not change until the reader is
    /// closed or opened again.
    public void open(BatchView batch) {
        recordCount = batch.recordCount();
        lastOffsetDelta = batch.lastOffsetDelta();
        if (recordCount < 0 || lastOffsetDelta < 0) {
            throw malformed(
                    "record count %d, last offset delta %d: allowed is 0 or more"
                            .formatted(recordCount, lastOffsetDelta));
        }
        baseOffset = batch.baseOffset();
        baseTimestampMs = batch.baseTimestampMs();
        appendTimestampMs = batch.maxTimestampMs();
        logAppendTime = batch.isLogAppendTime();
        visited = 0;
        offsetDelta = -1;
        consecutive = false;
        bytes.open(batch);
    }

    /// Moves to the next record.
    ///
    /// @return false after the last one
    public boolean next() {
        if (visited == recordCount) {
            bytes.requireEnd();
            return false;
        }
        int length = bytes.readVarint();
        if (length < SMALLEST_RECORD_BYTES) {
            throw malformed("record length " + length + " is too small");
        }
        int end = bytes.beginRecord(length);
        readRecord(end);
        bytes.endRecord(end);
        visited++;
        return true;
    }

    private void readRecord(int end) {
        bytes.readByte();
        long timestampDelta = bytes.readRecordVarlong(end);
        timestampMs = logAppendTime ? appendTimestampMs : baseTimestampMs + timestampDelta;
        int delta = bytes.readRecordVarint(end);
        if (delta > lastOffsetDelta
                || (consecutive ? delta != offsetDelta + 1 : delta <= offsetDelta)) {
            throw malformed(
                    "offset delta %d after %d, last is %d"
                            .formatted(delta, offsetDelta, lastOffsetDelta));
        }
        offsetDelta = delta;
        keyLength = nullableLength(end);
        keyAt = bytes.skip(keyLength, end);
        valueLength = nullableLength(end);
        valueAt = bytes.skip(valueLength, end);
        readHeaders(end);
    }

    private void readHeaders(int end) {
        int count = bytes.readRecordVarint(end);
        if (count < 0 || count > (end - bytes.at()) / 2) {
            throw malformed("header count " + count + " does not fit into the record");
        }
        headerCount = count;
        if (headers.length < 4 * count) {
            headers = new int[Math.max(4 * count, 2 * headers.length)];
        }
        for (int i = 0; i < 4 * count; i += 4) {
            int length = bytes.readRecordVarint(end);
            if (length < 0) {
                throw malformed("header key length " + length);
            }
            headers[i] = bytes.skip(length, end);
            headers[i + 1] = length;
            headers[i + 3] = nullableLength(end);
            headers[i + 2] = bytes.skip(headers[i + 3], end);
        }
    }

    private int nullableLength(int end) {
        int length = bytes.readRecordVarint(end);
        if (length < -1) {
            throw malformed("length " + length);
        }
        return length;
    }

    public long offset() {
        return baseOffset + offsetDelta;
    }

    /// Event time, or the time of the append for batches with log append time.
    public long timestampMs() {
        return timestampMs;
    }

    /// Holds key, value and headers of the current record at the positions given.
    public byte[] array() {
        return bytes.array();
    }

    public int keyAt() {
        return keyAt;
    }

    /// -1 if there is no key.
    public int keyLength() {
        return keyLength;
    }

    public int valueAt() {
        return valueAt;
    }

    /// -1 if the value is null.
    public int valueLength() {
        return valueLength;
    }

    public int headerCount() {
        return headerCount;
    }

    public int headerKeyAt(int header) {
        return headers[4 * header];
    }

    public int headerKeyLength(int header) {
        return headers[4 * header + 1];
    }

    public int headerValueAt(int header) {
        return headers[4 * header + 2];
    }

    /// -1 if the header's value is null.
    public int headerValueLength(int header) {
        return headers[4 * header + 3];
    }

    /// A view of the key, valid until the following [#next]; null if there is none.
    public @Nullable ByteBuffer key() {
        return keyLength < 0 ? null : ByteBuffer.wrap(array(), keyAt, keyLength).slice();
    }

    /// A view of the value, valid until the following [#next]; null if it is null.
    public @Nullable ByteBuffer value() {
        return valueLength < 0 ? null : ByteBuffer.wrap(array(), valueAt, valueLength).slice();
    }

    public String headerKey(int header) {
        return new String(
                array(), headerKeyAt(header), headerKeyLength(header), StandardCharsets.UTF_8);
    }

    /// A view of a header's value, valid until the following [#next]; null if it is null.
    public @Nullable ByteBuffer headerValue(int header) {
        int length = headerValueLength(header);
        return length < 0 ? null : ByteBuffer.wrap(array(), headerValueAt(header), length).slice();
    }

    /// Lets go of the batch and of the codec.
    @Override
    public void close() {
        bytes.close();
    }

    private static InvalidRecordsException malformed(String message) {
        return new InvalidRecordsException(InvalidRecordsException.Reason.MALFORMED, message);
    }
}
