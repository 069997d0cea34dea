package io.annals.compatibility.differential;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Record batches to produce: sound ones, and each way in which one can be unsound.
final class Batches {
    static final long TIMESTAMP = 1_700_000_000_000L;
    private static final int CRC_POSITION = 17;
    private static final int MAGIC_POSITION = 16;
    private static final int COUNT_POSITION = 57;
    private static final int PRODUCER_ID_POSITION = 43;
    private static final int ATTRIBUTES_POSITION = 21;
    private static final int TIMES_POSITION = 27;

    private Batches() {}

    /// Records `r0`, `r1`, ... one millisecond apart.
    static MemoryRecords of(Compression compression, int records) {
        return MemoryRecords.withRecords(compression, records(records));
    }

    /// Any producer id, epoch and sequence, possible or not.
    static MemoryRecords idempotent(long producerId, int epoch, int sequence, int records) {
        ByteBuffer batch = copy(of(Compression.NONE, records));
        batch.putLong(PRODUCER_ID_POSITION, producerId)
                .putShort(PRODUCER_ID_POSITION + 8, (short) epoch)
                .putInt(PRODUCER_ID_POSITION + 10, sequence);
        return sealed(batch);
    }

    static MemoryRecords transactional(long producerId, int epoch, int sequence, int records) {
        return attributes(idempotent(producerId, epoch, sequence, records), 1 << 4);
    }

    static MemoryRecords withoutKeys(int records) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            all[i] = new SimpleRecord(TIMESTAMP + i, ("r" + i).getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(Compression.NONE, all);
    }

    /// One record of that time, possible or not.
    static MemoryRecords at(long timestamp) {
        ByteBuffer batch = copy(of(Compression.NONE, 1));
        batch.putLong(TIMES_POSITION, timestamp).putLong(TIMES_POSITION + 8, timestamp);
        return sealed(batch);
    }

    private static SimpleRecord[] records(int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            records[i] =
                    new SimpleRecord(
                            TIMESTAMP + i,
                            ("k" + i).getBytes(StandardCharsets.UTF_8),
                            ("r" + i).getBytes(StandardCharsets.UTF_8));
        }
        return records;
    }

    static MemoryRecords draw(Random random) {
        MemoryRecords sound = of(Compression.NONE, 3);
        return switch (random.nextInt(12)) {
            case 11 -> of(Compression.gzip().build(), 2);
            case 10 -> of(Compression.lz4().build(), 2);
            case 2 -> damaged(sound, CRC_POSITION, 1);
            case 3 -> magic(sound, (byte) 1);
            case 4 -> magic(sound, (byte) 3);
            case 5 -> cut(sound, sound.sizeInBytes() - 1);
            case 6 -> cut(sound, 10);
            case 7 -> MemoryRecords.EMPTY;
            case 8 -> twice(sound);
            case 9 -> based(sound, 77);
            default -> sound;
        };
    }

    /// Adds `by` to one byte, and leaves the CRC as it is.
    static MemoryRecords damaged(MemoryRecords records, int position, int by) {
        ByteBuffer copy = copy(records);
        copy.put(position, (byte) (copy.get(position) + by));
        return MemoryRecords.readableRecords(copy);
    }

    static MemoryRecords magic(MemoryRecords records, byte magic) {
        ByteBuffer copy = copy(records);
        return MemoryRecords.readableRecords(copy.put(MAGIC_POSITION, magic));
    }

    static MemoryRecords based(MemoryRecords records, long baseOffset) {
        ByteBuffer copy = copy(records);
        return MemoryRecords.readableRecords(copy.putLong(0, baseOffset));
    }

    static MemoryRecords cut(MemoryRecords records, int bytes) {
        return MemoryRecords.readableRecords(copy(records).limit(bytes));
    }

    static MemoryRecords twice(MemoryRecords records) {
        ByteBuffer once = copy(records);
        return MemoryRecords.readableRecords(
                ByteBuffer.allocate(once.remaining() * 2).put(once.duplicate()).put(once).flip());
    }

    /// Says that it holds other than it does, with a CRC that fits.
    static MemoryRecords miscounted(MemoryRecords records, int count) {
        return sealed(copy(records).putInt(COUNT_POSITION, count));
    }

    /// With `attributes` (codec, timestamp type, control, transactional) and a CRC that fits.
    static MemoryRecords attributes(MemoryRecords records, int attributes) {
        return sealed(copy(records).putShort(ATTRIBUTES_POSITION, (short) attributes));
    }

    private static MemoryRecords sealed(ByteBuffer batch) {
        int from = CRC_POSITION + 4;
        CRC32C crc = new CRC32C();
        crc.update(batch.slice(from, batch.limit() - from));
        return MemoryRecords.readableRecords(batch.putInt(CRC_POSITION, (int) crc.getValue()));
    }

    private static ByteBuffer copy(MemoryRecords records) {
        ByteBuffer from = records.buffer().duplicate();
        return ByteBuffer.allocate(from.remaining()).put(from).flip();
    }
}
