package io.annals.ingest;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Record batches as Kafka's own producer makes them, and ways to spoil them.
final class Batches {
    static final int LENGTH_AT = 8;
    static final int MAGIC_AT = 16;
    static final int CRC_AT = 17;
    static final int ATTRIBUTES_AT = 21;
    static final int LAST_OFFSET_DELTA_AT = 23;
    static final int MAX_TIMESTAMP_AT = 35;
    static final int RECORD_COUNT_AT = 57;

    private Batches() {}

    static ByteBuffer of(CompressionType codec, SimpleRecord... records) {
        return MemoryRecords.withRecords(
                        RecordBatch.MAGIC_VALUE_V2,
                        0L,
                        Compression.of(codec).build(),
                        TimestampType.CREATE_TIME,
                        records)
                .buffer();
    }

    static ByteBuffer ofProducer(
            long producerId, int epoch, int sequence, SimpleRecord... records) {
        return MemoryRecords.withIdempotentRecords(
                        RecordBatch.MAGIC_VALUE_V2,
                        0L,
                        Compression.NONE,
                        producerId,
                        (short) epoch,
                        sequence,
                        RecordBatch.NO_PARTITION_LEADER_EPOCH,
                        records)
                .buffer();
    }

    /// Makes the CRC fit the bytes again.
    static ByteBuffer sealed(ByteBuffer batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(ATTRIBUTES_AT, batch.limit() - ATTRIBUTES_AT));
        return batch.putInt(CRC_AT, (int) crc.getValue());
    }
}
