package io.annals.query;

import io.annals.wal.FetchedBatches;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.AbstractRecords;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Writes matching records as one batch, under their own offsets, each with headers that say where
/// it comes from. The batch also covers the offsets between and behind them that do not match, as
/// batches do after compaction, so that consumers go on behind them. Confined to one thread.
final class MatchBatch {
    static final String SOURCE_TOPIC = "annals.source.topic";
    static final String SOURCE_PARTITION = "annals.source.partition";
    static final String SOURCE_OFFSET = "annals.source.offset";

    private static final int LEADER_EPOCH = 0;

    private final long baseOffset;
    private final int maxBytes;
    private final Header topic;
    private final Header partition;
    private final List<LogRecord> records = new ArrayList<>();
    private long sizeBytes = DefaultRecordBatch.RECORD_BATCH_OVERHEAD;

    /// @param maxBytes bound of the batch; the first record is taken however large
    MatchBatch(TopicIdPartition source, long baseOffset, int maxBytes) {
        this.baseOffset = baseOffset;
        this.maxBytes = maxBytes;
        this.topic = new RecordHeader(SOURCE_TOPIC, utf8(source.topic()));
        this.partition =
                new RecordHeader(SOURCE_PARTITION, utf8(Integer.toString(source.partition())));
    }

    /// Offsets from here on do not fit into a batch that begins at `baseOffset`.
    static long endOfReach(long baseOffset) {
        return baseOffset + Integer.MAX_VALUE;
    }

    /// @return false if there is no room for it
    boolean add(LogRecord record) {
        int upperBound =
                AbstractRecords.estimateSizeInBytesUpperBound(
                                RecordBatch.CURRENT_MAGIC_VALUE,
                                CompressionType.NONE,
                                record.key(),
                                record.value(),
                                headers(record))
                        - DefaultRecordBatch.RECORD_BATCH_OVERHEAD;
        if (!records.isEmpty() && sizeBytes + upperBound > maxBytes) {
            return false;
        }
        records.add(record);
        sizeBytes += upperBound;
        return true;
    }

    private Header[] headers(LogRecord record) {
        List<Header> headers = new ArrayList<>(record.headers().size() + 3);
        record.headers()
                .forEach(header -> headers.add(new RecordHeader(header.name(), header.value())));
        headers.add(topic);
        headers.add(partition);
        headers.add(new RecordHeader(SOURCE_OFFSET, utf8(Long.toString(record.offset()))));
        return headers.toArray(Header[]::new);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// @param nextOffset where the batch ends: behind the last record, at most [#endOfReach]
    FetchedBatches until(long nextOffset) {
        return new InMemory(
                List.of(records.isEmpty() ? empty(nextOffset) : written(nextOffset)), nextOffset);
    }

    private ByteBuffer empty(long nextOffset) {
        ByteBuffer bytes = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(
                bytes,
                RecordBatch.CURRENT_MAGIC_VALUE,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                baseOffset,
                nextOffset - 1,
                LEADER_EPOCH,
                TimestampType.CREATE_TIME,
                RecordBatch.NO_TIMESTAMP,
                false,
                false);
        return bytes.rewind();
    }

    private ByteBuffer written(long nextOffset) {
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(Math.toIntExact(sizeBytes)),
                        RecordBatch.CURRENT_MAGIC_VALUE,
                        Compression.NONE,
                        TimestampType.CREATE_TIME,
                        baseOffset,
                        RecordBatch.NO_TIMESTAMP,
                        LEADER_EPOCH)) {
            for (LogRecord record : records) {
                builder.appendWithOffset(
                        record.offset(),
                        record.timestampMs(),
                        record.key(),
                        record.value(),
                        headers(record));
            }
            builder.overrideLastOffset(nextOffset - 1);
            return builder.build().buffer();
        }
    }

    /// Nothing, read at this offset.
    static FetchedBatches nothing(long offset) {
        return new InMemory(List.of(), offset);
    }

    private record InMemory(List<ByteBuffer> batches, long nextOffset) implements FetchedBatches {

        @Override
        public long ingestTimeMs(int i) {
            return RecordBatch.NO_TIMESTAMP;
        }

        @Override
        public int sizeBytes() {
            return batches.stream().mapToInt(ByteBuffer::remaining).sum();
        }

        @Override
        public void close() {}
    }
}
