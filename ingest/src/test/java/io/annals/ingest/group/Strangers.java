package io.annals.ingest.group;

import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Records in `__consumer_offsets` that the coordinator did not write.
final class Strangers {
    private static final short UNKNOWN_TYPE = 999;

    private Strangers() {}

    /// Of a type from the future: a replay leaves it out.
    static MemoryRecords unknownRecord() {
        byte[] key = ByteBuffer.allocate(2).putShort(UNKNOWN_TYPE).array();
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(key, new byte[2]));
    }
}
