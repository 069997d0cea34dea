package io.annals.ingest.internal;

import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Replays a partition of an internal topic from its start to the high watermark it has when the
/// scan begins, over both tiers. Nothing is skipped: after a failure the next call goes on where
/// the last one stopped. Not thread-safe; blocks.
public final class InternalLogScan {
    private static final int READ_BYTES = 4 << 20; // 4 MiB

    private final InternalLogReader reader;
    private final TopicIdPartition partition;
    private boolean begun;
    private long position;
    private long end;

    public InternalLogScan(InternalLogReader reader, TopicIdPartition partition) {
        this(reader, partition, 0);
    }

    /// @param from where to begin; if that is gone, at the first offset there is
    public InternalLogScan(InternalLogReader reader, TopicIdPartition partition, long from) {
        this.reader = reader;
        this.partition = partition;
        this.position = from;
    }

    /// Hands some batches to `each`, in offset order; a batch is valid only during that call.
    ///
    /// @return false if the end was reached before
    /// @throws IOException if a part of the partition cannot be read
    /// @throws org.apache.kafka.common.errors.CorruptRecordException if a batch's CRC is wrong
    public boolean next(Consumer<RecordBatch> each) throws IOException {
        if (!begun) {
            InternalLogReader.Range range = reader.range(partition);
            position = Math.max(position, range.logStartOffset());
            end = range.highWatermark();
            begun = true;
        }
        if (position >= end) {
            return false;
        }
        try (FetchedBatches fetched = reader.read(partition, position, READ_BYTES)) {
            if (fetched.nextOffset() <= position) {
                throw new IOException(
                        "nothing to read at offset %d of %s, the high watermark is %d"
                                .formatted(position, partition, end));
            }
            for (ByteBuffer batches : fetched.batches()) {
                for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
                    batch.ensureValid();
                    each.accept(batch);
                    position = batch.nextOffset();
                }
            }
            position = fetched.nextOffset(); // past what compaction took out of the end
        }
        return true;
    }

    /// The first offset that was not replayed yet.
    public long position() {
        return position;
    }

    /// All that is left; see [#next].
    ///
    /// @return the first offset that was not replayed
    public long replay(Consumer<RecordBatch> each) throws IOException {
        while (next(each)) {
            // next does the work
        }
        return position;
    }
}
