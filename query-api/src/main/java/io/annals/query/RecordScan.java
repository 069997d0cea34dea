package io.annals.query;

import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import io.annals.wal.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/// Decodes records out of the batches of a [TieredLog], copying them.
final class RecordScan {
    /// Bytes asked of the log at a time when records are read in sequence.
    private static final int READ_BYTES = 1 << 20; // 1 MiB

    private final TieredLog log;
    private final int maxBatchBytes;

    RecordScan(TieredLog log, int maxBatchBytes) {
        this.log = log;
        this.maxBatchBytes = maxBatchBytes;
    }

    RecordPage records(TopicIdPartition partition, RecordQuery query) throws IOException {
        List<LogRecord> records = new ArrayList<>();
        long offset = query.fromOffset();
        long bytesLeft = query.maxBytes();
        try (RecordReader reader = new RecordReader(maxBatchBytes)) {
            while (true) {
                try (FetchedBatches batches = read(partition, offset, READ_BYTES)) {
                    if (batches.batches().isEmpty()) {
                        return new RecordPage(records, offset, true);
                    }
                    for (int i = 0; i < batches.batches().size(); i++) {
                        if (isLater(batches.ingestTimeMs(i), query.asOfMs())) {
                            return new RecordPage(records, offset, true);
                        }
                        BatchView batch = BatchView.of(batches.batches().get(i));
                        reader.open(batch);
                        while (!batch.isControl() && reader.next()) {
                            if (reader.offset() < offset) {
                                continue;
                            }
                            if (records.size() >= query.maxRecords() || bytesLeft <= 0) {
                                return new RecordPage(records, reader.offset(), false);
                            }
                            LogRecord record = copy(reader, batches.ingestTimeMs(i));
                            records.add(record);
                            bytesLeft -= record.sizeBytes();
                        }
                        offset = batch.nextOffset();
                    }
                }
            }
        }
    }

    List<LogRecord> records(TopicIdPartition partition, SortedSet<Long> offsets)
            throws IOException {
        List<LogRecord> records = new ArrayList<>(offsets.size());
        TreeSet<Long> wanted = new TreeSet<>(offsets);
        try (RecordReader reader = new RecordReader(maxBatchBytes)) {
            while (!wanted.isEmpty()) {
                long first = wanted.getFirst();
                try (FetchedBatches batches = read(partition, first, 1)) {
                    if (batches.batches().isEmpty()) {
                        throw OffsetOutOfRangeException.unknown(partition, first);
                    }
                    BatchView batch = BatchView.of(batches.batches().getFirst());
                    reader.open(batch);
                    while (!batch.isControl() && reader.next()) {
                        if (wanted.remove(reader.offset())) {
                            records.add(copy(reader, batches.ingestTimeMs(0)));
                        }
                    }
                    wanted.headSet(batch.nextOffset()).clear(); // in a gap
                }
            }
        }
        return records;
    }

    Optional<LogRecord> record(TopicIdPartition partition, long offset) throws IOException {
        Optional<PartitionBounds> bounds = log.bounds(partition);
        if (bounds.isEmpty()
                || offset < bounds.get().logStartOffset()
                || offset >= bounds.get().highWatermark()) {
            return Optional.empty();
        }
        return records(partition, new TreeSet<>(List.of(offset))).stream().findFirst();
    }

    private FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes)
            throws IOException {
        return switch (log.read(partition, offset, maxBytes)) {
            case LogRead.Found found -> found.batches();
            case LogRead.OutOfRange outside ->
                    throw OffsetOutOfRangeException.of(partition, offset, outside.bounds());
            case LogRead.UnknownPartition _ ->
                    throw OffsetOutOfRangeException.unknown(partition, offset);
        };
    }

    private static boolean isLater(long ingestTimeMs, OptionalLong asOfMs) {
        return asOfMs.isPresent() && ingestTimeMs > asOfMs.getAsLong();
    }

    private static LogRecord copy(RecordReader reader, long ingestTimeMs) {
        List<LogRecord.Header> headers = new ArrayList<>(reader.headerCount());
        for (int i = 0; i < reader.headerCount(); i++) {
            headers.add(new LogRecord.Header(reader.headerKey(i), bytes(reader.headerValue(i))));
        }
        return new LogRecord(
                reader.offset(),
                reader.timestampMs(),
                ingestTimeMs,
                bytes(reader.key()),
                bytes(reader.value()),
                headers);
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer view) {
        return view == null
                ? null
                : Arrays.copyOfRange(
                        view.array(),
                        view.arrayOffset() + view.position(),
                        view.arrayOffset() + view.limit());
    }
}
