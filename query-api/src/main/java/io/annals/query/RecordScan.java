package io.annals.query;

import io.annals.wal.AbortedTransaction;
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
import org.apache.kafka.common.IsolationLevel;
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
        query.asOfMs().ifPresent(asOfMs -> log.requireUncompacted(partition, asOfMs));
        Page page = new Page(query);
        try (RecordReader reader = new RecordReader(maxBatchBytes)) {
            while (!page.isOver()) {
                try (FetchedBatches batches =
                        read(partition, page.nextOffset, READ_BYTES, query.isolation())) {
                    page.add(batches, reader);
                }
            }
        }
        return new RecordPage(page.records, page.nextOffset, page.reachedEnd);
    }

    /// Collects records until the query's bounds, its ingest time or the end is reached.
    private static final class Page {
        private final RecordQuery query;
        private final List<LogRecord> records = new ArrayList<>();
        private long nextOffset;
        private long bytesLeft;
        private boolean reachedEnd;

        Page(RecordQuery query) {
            this.query = query;
            this.nextOffset = query.fromOffset();
            this.bytesLeft = query.maxBytes();
        }

        boolean isFull() {
            return records.size() >= query.maxRecords() || bytesLeft <= 0;
        }

        boolean isOver() {
            return reachedEnd || isFull();
        }

        void add(FetchedBatches batches, RecordReader reader) {
            reachedEnd = batches.batches().isEmpty();
            for (int i = 0; i < batches.batches().size() && !isOver(); i++) {
                reachedEnd = isLater(batches.ingestTimeMs(i), query.asOfMs());
                if (!reachedEnd) {
                    BatchView batch = BatchView.of(batches.batches().get(i));
                    if (isAborted(batch, batches.abortedTransactions())) {
                        nextOffset = batch.nextOffset();
                    } else {
                        add(batch, batches.ingestTimeMs(i), reader);
                    }
                }
            }
        }

        private static boolean isAborted(BatchView batch, List<AbortedTransaction> aborted) {
            return batch.isTransactional()
                    && aborted.stream()
                            .anyMatch(each ->
                                    each.producerId() == batch.producerId()
                                            && each.overlaps(
                                                    batch.baseOffset(), batch.nextOffset()));
        }

        private void add(BatchView batch, long ingestTimeMs, RecordReader reader) {
            reader.open(batch);
            while (!batch.isControl() && reader.next()) {
                if (reader.offset() < nextOffset) {
                    continue;
                }
                if (isFull()) {
                    nextOffset = reader.offset();
                    return;
                }
                LogRecord record = copy(reader, ingestTimeMs);
                records.add(record);
                bytesLeft -= record.sizeBytes();
            }
            nextOffset = batch.nextOffset();
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
                    SortedSet<Long> inBatch = wanted.headSet(batch.nextOffset());
                    if (!batch.isControl()) {
                        reader.open(batch);
                        take(inBatch, reader, batches.ingestTimeMs(0), records);
                    }
                    inBatch.clear(); // in a gap
                }
            }
        }
        return records;
    }

    /// Takes what it copies out of `wanted`, and decodes no more of the batch than up to there.
    private static void take(
            SortedSet<Long> wanted, RecordReader reader, long ingestTimeMs, List<LogRecord> into) {
        while (!wanted.isEmpty()) {
            long next = wanted.getFirst();
            do {
                if (!reader.next()) {
                    return;
                }
            } while (reader.offset() < next);
            if (wanted.remove(reader.offset())) {
                into.add(copy(reader, ingestTimeMs));
            }
            wanted.headSet(reader.offset()).clear(); // in a gap
        }
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
        return read(partition, offset, maxBytes, IsolationLevel.READ_UNCOMMITTED);
    }

    private FetchedBatches read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation)
            throws IOException {
        return switch (log.read(partition, offset, maxBytes, isolation)) {
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
