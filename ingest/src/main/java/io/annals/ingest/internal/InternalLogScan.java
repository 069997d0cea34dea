package io.annals.ingest.internal;

import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Replays a partition of an internal topic from its start to the high watermark it has when the
/// scan begins. All of it or an error.
public final class InternalLogScan {
    private static final int READ_BYTES = 4 << 20; // 4 MiB

    private InternalLogScan() {}

    /// Hands every batch to `each`, in offset order; a batch is valid only during that call.
    ///
    /// @return the first offset that was not replayed
    /// @throws IOException if a part of the partition cannot be read
    /// @throws org.apache.kafka.common.errors.CorruptRecordException if a batch's CRC is wrong
    public static long replay(
            InternalLogReader reader, TopicIdPartition partition, Consumer<RecordBatch> each)
            throws IOException {
        InternalLogReader.Range range = reader.range(partition);
        long offset = range.logStartOffset();
        while (offset < range.highWatermark()) {
            try (FetchedBatches fetched = reader.read(partition, offset, READ_BYTES)) {
                if (fetched.nextOffset() <= offset) {
                    throw new IOException(
                            "nothing to read at offset %d of %s, the high watermark is %d"
                                    .formatted(offset, partition, range.highWatermark()));
                }
                for (ByteBuffer batches : fetched.batches()) {
                    for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
                        batch.ensureValid();
                        each.accept(batch);
                    }
                }
                offset = fetched.nextOffset();
            }
        }
        return offset;
    }
}
