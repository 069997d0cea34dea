package io.annals.indexer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/// Record batches for tests, made by kafka-clients.
final class Batches {
    private Batches() {}

    static ByteBuffer of(long baseOffset, List<SimpleRecord> records) {
        return MemoryRecords.withRecords(
                        baseOffset, Compression.NONE, records.toArray(SimpleRecord[]::new))
                .buffer();
    }

    static SimpleRecord record(long timestampMs, @Nullable String key, @Nullable String value) {
        return new SimpleRecord(timestampMs, utf8(key), utf8(value));
    }

    static SimpleRecord record(
            long timestampMs, @Nullable String key, @Nullable String value, Header... headers) {
        return new SimpleRecord(timestampMs, utf8(key), utf8(value), headers);
    }

    static Header header(String name, @Nullable String value) {
        return new RecordHeader(name, utf8(value));
    }

    @SuppressWarnings("NullAway") // kafka-clients takes null keys and values
    static byte[] utf8(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
