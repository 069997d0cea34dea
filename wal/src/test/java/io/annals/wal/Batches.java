package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Record batches as producers send them.
final class Batches {
    private Batches() {}

    static ByteBuffer of(SimpleRecord... records) {
        return idempotent(-1, (short) -1, -1, records);
    }

    static ByteBuffer idempotent(
            long producerId, int epoch, int sequence, SimpleRecord... records) {
        return direct(
                MemoryRecords.withRecords(
                                BatchView.MAGIC,
                                0,
                                Compression.NONE,
                                TimestampType.CREATE_TIME,
                                producerId,
                                (short) epoch,
                                sequence,
                                -1,
                                false,
                                records)
                        .buffer());
    }

    static ByteBuffer transactional(
            long producerId, int epoch, int sequence, SimpleRecord... records) {
        return direct(
                MemoryRecords.withTransactionalRecords(
                                Compression.NONE, producerId, (short) epoch, sequence, records)
                        .buffer());
    }

    static ByteBuffer random(Random random, int records, int maxValueBytes, long timestampMs) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            byte[] value = new byte[random.nextInt(maxValueBytes + 1)];
            random.nextBytes(value);
            all[i] = new SimpleRecord(timestampMs + random.nextInt(1000), null, value);
        }
        return of(all);
    }

    static ByteBuffer ofBytes(int valueBytes) {
        byte[] value = new byte[valueBytes];
        Arrays.fill(value, (byte) 'v');
        return of(new SimpleRecord(1_000, null, value));
    }

    static ByteBuffer concat(ByteBuffer... batches) {
        int size = 0;
        for (ByteBuffer batch : batches) {
            size += batch.remaining();
        }
        ByteBuffer all = ByteBuffer.allocateDirect(size);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        return all.flip();
    }

    private static ByteBuffer direct(ByteBuffer heap) {
        return ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
    }
}
