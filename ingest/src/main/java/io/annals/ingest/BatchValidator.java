package io.annals.ingest;

import io.annals.wal.BatchView;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.RecordReader;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Decides whether the records of one partition in a Produce request may enter the log, by Kafka's
/// rules and with Kafka's errors: exactly one whole batch of format v2, within the topic's size and
/// time limits, intact, decodable to its last byte within a bound.
///
/// Leaves the bytes as they are, with one exception that Kafka makes too: a largest timestamp in
/// the header that is not the largest of the records is corrected, since lookups by time trust it.
///
/// Confined to one thread.
final class BatchValidator implements AutoCloseable {
    private static final short FIRST_VERSION_WITH_ZSTD = 7;

    private final RecordReader records;

    /// @param maxDecompressedBytes bound for the records of one batch
    BatchValidator(int maxDecompressedBytes) {
        this.records = new RecordReader(maxDecompressedBytes);
    }

    /// @param batch from [#oneBatch]
    /// @param apiVersion of the Produce request
    void validate(BatchView batch, short apiVersion, TopicSettings settings, long nowMs)
            throws InvalidBatchException {
        if (batch.sizeBytes() > settings.maxMessageBytes()) {
            throw new InvalidBatchException(
                    Errors.MESSAGE_TOO_LARGE,
                    "The record batch size is %d, allowed are up to %d."
                            .formatted(batch.sizeBytes(), settings.maxMessageBytes()));
        }
        if (!batch.crcIsValid()) {
            throw new InvalidBatchException(
                    Errors.CORRUPT_MESSAGE, "Record batch is corrupt: its CRC does not fit.");
        }
        checkHeader(batch, apiVersion);
        long maxTimestampMs = checkRecords(batch, settings, nowMs);
        if (maxTimestampMs != batch.maxTimestampMs() && !settings.logAppendTime()) {
            batch.kafkaBatch().setMaxTimestamp(TimestampType.CREATE_TIME, maxTimestampMs);
        }
    }

    /// The one batch that a partition's records must be, whole and of format v2; Kafka checks this
    /// before it looks at where they shall go.
    ///
    /// @param buffer position to limit are the partition's records; neither is changed
    BatchView oneBatch(ByteBuffer buffer) throws InvalidBatchException {
        int remaining = buffer.remaining();
        if (remaining == 0) {
            throw new InvalidBatchException(
                    Errors.INVALID_RECORD, "A partition without a record batch.");
        }
        BatchView batch = BatchView.of(buffer);
        if (remaining > BatchView.LOG_OVERHEAD + 4 && batch.magic() != BatchView.MAGIC) {
            boolean isOld = batch.magic() == 0 || batch.magic() == 1;
            throw new InvalidBatchException(
                    isOld ? Errors.INVALID_RECORD : Errors.CORRUPT_MESSAGE,
                    "Record batch has magic %d, allowed is 2.".formatted(batch.magic()));
        }
        if (remaining < BatchView.HEADER_BYTES || batch.sizeBytes() < BatchView.HEADER_BYTES) {
            throw new InvalidBatchException(
                    Errors.INVALID_RECORD, "Record batch is shorter than its header.");
        }
        if (batch.sizeBytes() > remaining) {
            throw new InvalidBatchException(
                    Errors.INVALID_RECORD,
                    "Record batch has %d bytes, its header says %d."
                            .formatted(remaining, batch.sizeBytes()));
        }
        if (batch.sizeBytes() < remaining) {
            throw new InvalidBatchException(
                    Errors.INVALID_RECORD, "A partition must hold exactly one record batch.");
        }
        return batch;
    }

    private static void checkHeader(BatchView batch, short apiVersion)
            throws InvalidBatchException {
        require(batch.baseOffset() == 0, () -> "base offset is " + batch.baseOffset());
        require(batch.recordCount() > 0, () -> "record count is " + batch.recordCount());
        require(
                batch.lastOffsetDelta() == batch.recordCount() - 1,
                () -> "last offset delta is " + batch.lastOffsetDelta());
        require(!batch.isControl(), () -> "clients may not write control records");
        require(
                batch.producerId() == RecordBatch.NO_PRODUCER_ID || batch.baseSequence() >= 0,
                () -> "a producer id without a sequence");
        if (batch.producerId() != RecordBatch.NO_PRODUCER_ID && batch.producerEpoch() < 0) {
            throw new InvalidBatchException(
                    Errors.INVALID_PRODUCER_EPOCH,
                    "Record batch: producer epoch is %d.".formatted(batch.producerEpoch()));
        }
        if (batch.isLogAppendTime()) {
            throw new InvalidBatchException(
                    Errors.INVALID_TIMESTAMP,
                    "Invalid timestamp type: only the log may set LogAppendTime.");
        }
        int codec = batch.compressionId();
        boolean isTooNew = codec == CompressionType.ZSTD.id && apiVersion < FIRST_VERSION_WITH_ZSTD;
        if (codec > CompressionType.ZSTD.id || isTooNew) {
            throw new InvalidBatchException(
                    Errors.UNSUPPORTED_COMPRESSION_TYPE,
                    "Codec %d is not allowed in Produce version %d.".formatted(codec, apiVersion));
        }
    }

    /// @return the largest timestamp of the records
    private long checkRecords(BatchView batch, TopicSettings settings, long nowMs)
            throws InvalidBatchException {
        long maxTimestampMs = RecordBatch.NO_TIMESTAMP;
        RecordErrors errors = new RecordErrors();
        try {
            records.open(batch);
            for (int i = 0; records.next(); i++) {
                if (records.offset() != i) {
                    throw new InvalidBatchException(
                            Errors.INVALID_RECORD,
                            "Record batch: offsets have a gap at record " + i);
                }
                long timestampMs = records.timestampMs();
                if (settings.compacted() && records.keyLength() < 0) {
                    errors.add(
                            Errors.INVALID_RECORD,
                            i,
                            "Compacted topic cannot accept message without key.");
                } else if (!settings.logAppendTime()) {
                    checkTimestamp(i, timestampMs, settings, nowMs, errors);
                }
                maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
            }
            errors.throwIfAny();
            return maxTimestampMs;
        } catch (InvalidRecordsException invalid) {
            String message = String.valueOf(invalid.getMessage());
            throw switch (invalid.reason()) {
                case MALFORMED -> new InvalidBatchException(Errors.INVALID_RECORD, message);
                case TOO_LARGE -> new InvalidBatchException(Errors.MESSAGE_TOO_LARGE, message);
            };
        } finally {
            records.close();
        }
    }

    private static void checkTimestamp(
            int record, long timestampMs, TopicSettings settings, long nowMs, RecordErrors errors) {
        if (timestampMs == RecordBatch.NO_TIMESTAMP) {
            return;
        }
        boolean isTooOld = timestampMs < nowMs - settings.timestampBeforeMaxMs();
        boolean isTooNew = timestampMs - nowMs > settings.timestampAfterMaxMs();
        if (isTooOld || isTooNew) {
            errors.add(
                    Errors.INVALID_TIMESTAMP,
                    record,
                    "Timestamp %d of record %d is out of range: allowed are %d ms before"
                            .concat(" to %d ms after the server's clock.")
                            .formatted(
                                    timestampMs,
                                    record,
                                    settings.timestampBeforeMaxMs(),
                                    settings.timestampAfterMaxMs()));
        }
    }

    private static void require(boolean holds, Supplier<String> found)
            throws InvalidBatchException {
        if (!holds) {
            throw new InvalidBatchException(Errors.INVALID_RECORD, "Record batch: " + found.get());
        }
    }

    @Override
    public void close() {
        records.close();
    }
}
