package io.annals.ingest.internal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Batches without sequence numbers. Those protect against retries over the network, which there is
/// none of here, and Kafka's coordinators number every batch 0.
final class SequenceFree {
    // positions in a batch of format v2
    private static final int CRC_AT = 17;
    private static final int CRC_FROM = 21;
    private static final int BASE_SEQUENCE_AT = 53;

    private SequenceFree() {}

    /// The same batches, with their sequences taken out.
    static ByteBuffer copy(MemoryRecords records) {
        ByteBuffer copy =
                ByteBuffer.allocate(records.sizeInBytes()).put(records.buffer().duplicate()).flip();
        int at = 0;
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(copy).batches()) {
            if (batch.baseSequence() != RecordBatch.NO_SEQUENCE) {
                copy.putInt(at + BASE_SEQUENCE_AT, RecordBatch.NO_SEQUENCE);
                CRC32C crc = new CRC32C();
                crc.update(copy.slice(at + CRC_FROM, batch.sizeInBytes() - CRC_FROM));
                copy.putInt(at + CRC_AT, (int) crc.getValue());
            }
            at += batch.sizeInBytes();
        }
        return copy;
    }

    /// How many offsets the batches take.
    static long offsets(ByteBuffer batches) {
        long offsets = 0;
        for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            offsets += batch.lastOffset() - batch.baseOffset() + 1;
        }
        return offsets;
    }
}
