package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/// A view of one record batch (format v2, KIP-98) in a buffer that it does not own. Reads the
/// header by fixed position, never copies, never decompresses.
///
/// ```
/// 0 baseOffset i64 | 8 batchLength i32 | 12 leaderEpoch i32 | 16 magic i8 | 17 crc u32
/// 21 attributes i16 | 23 lastOffsetDelta i32 | 27 baseTimestamp i64 | 35 maxTimestamp i64
/// 43 producerId i64 | 51 producerEpoch i16 | 53 baseSequence i32 | 57 recordCount i32 | 61 records
/// ```
///
/// The CRC covers everything from `attributes` on. Not thread-safe if the buffer is written to.
public final class BatchView {
    public static final int HEADER_BYTES = 61;
    public static final byte MAGIC = 2;

    /// Bytes before the ones that `batchLength` counts.
    public static final int LOG_OVERHEAD = 12;

    private static final int LENGTH_AT = 8;
    private static final int LEADER_EPOCH_AT = 12;
    private static final int MAGIC_AT = 16;
    private static final int CRC_AT = 17;
    private static final int ATTRIBUTES_AT = 21;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int BASE_TIMESTAMP_AT = 27;
    private static final int MAX_TIMESTAMP_AT = 35;
    private static final int PRODUCER_ID_AT = 43;
    private static final int PRODUCER_EPOCH_AT = 51;
    private static final int BASE_SEQUENCE_AT = 53;
    private static final int RECORD_COUNT_AT = 57;

    private final ByteBuffer buffer;
    private final int at;

    /// @param buffer big-endian; its position and limit are neither used nor changed
    /// @param at position of the batch's first byte; at least [#HEADER_BYTES] follow it
    public BatchView(ByteBuffer buffer, int at) {
        this.buffer = buffer;
        this.at = at;
    }

    /// The batch that starts at the buffer's position.
    public static BatchView of(ByteBuffer buffer) {
        return new BatchView(buffer, buffer.position());
    }

    public long baseOffset() {
        return buffer.getLong(at);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    /// Offset after the last record.
    public long nextOffset() {
        return lastOffset() + 1;
    }

    /// The whole batch, header included.
    public int sizeBytes() {
        return LOG_OVERHEAD + buffer.getInt(at + LENGTH_AT);
    }

    public int leaderEpoch() {
        return buffer.getInt(at + LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(at + MAGIC_AT);
    }

    /// CRC-32C as stored.
    public int crc() {
        return buffer.getInt(at + CRC_AT);
    }

    public short attributes() {
        return buffer.getShort(at + ATTRIBUTES_AT);
    }

    /// Codec id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
    public int compressionId() {
        return attributes() & 0x07;
    }

    public boolean isLogAppendTime() {
        return (attributes() & 0x08) != 0;
    }

    public boolean isTransactional() {
        return (attributes() & 0x10) != 0;
    }

    public boolean isControl() {
        return (attributes() & 0x20) != 0;
    }

    public int lastOffsetDelta() {
        return buffer.getInt(at + LAST_OFFSET_DELTA_AT);
    }

    public long baseTimestampMs() {
        return buffer.getLong(at + BASE_TIMESTAMP_AT);
    }

    public long maxTimestampMs() {
        return buffer.getLong(at + MAX_TIMESTAMP_AT);
    }

    public long producerId() {
        return buffer.getLong(at + PRODUCER_ID_AT);
    }

    public short producerEpoch() {
        return buffer.getShort(at + PRODUCER_EPOCH_AT);
    }

    public int baseSequence() {
        return buffer.getInt(at + BASE_SEQUENCE_AT);
    }

    public int recordCount() {
        return buffer.getInt(at + RECORD_COUNT_AT);
    }

    /// Whether the stored CRC fits the bytes. The batch must lie within the buffer's capacity.
    public boolean crcIsValid() {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at + ATTRIBUTES_AT, sizeBytes() - ATTRIBUTES_AT));
        return (int) crc.getValue() == crc();
    }

    /// The batch's bytes, a read-only slice.
    public ByteBuffer bytes() {
        return buffer.slice(at, sizeBytes()).asReadOnlyBuffer();
    }

    /// Kafka's own reader over the same bytes, for the records inside.
    public MutableRecordBatch kafkaBatch() {
        return MemoryRecords.readableRecords(buffer.slice(at, sizeBytes()))
                .batches()
                .iterator()
                .next();
    }

    /// Makes it a batch with log append time: every record counts as of `timestampMs`. Corrects the
    /// CRC.
    public void stampLogAppendTime(long timestampMs) {
        kafkaBatch().setMaxTimestamp(TimestampType.LOG_APPEND_TIME, timestampMs);
    }

    /// Writes the offsets; base offset and leader epoch lie outside the CRC.
    public void assign(long baseOffset, int leaderEpoch) {
        buffer.putLong(at, baseOffset);
        buffer.putInt(at + LEADER_EPOCH_AT, leaderEpoch);
    }
}
