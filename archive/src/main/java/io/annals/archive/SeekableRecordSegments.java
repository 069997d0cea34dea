package io.annals.archive;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.SegmentTransactions;
import io.annals.wal.TimestampOffset;
import io.annals.wal.TimestampSearch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// [RecordSegments] over seekable tar objects: the batch index tells which bytes, the chunk cache
/// brings them. Batches are views of cached chunks, not copies.
///
/// Thread-safe. Directories of batch indexes are kept, bounded by their bytes.
public final class SeekableRecordSegments implements RecordSegments {
    private static final Logger log = LoggerFactory.getLogger(SeekableRecordSegments.class);

    private static final int MAX_UNCOMPRESSED_BYTES =
            RecordSegmentWriter.MAX_UNCOMPRESSED_BATCH_BYTES;

    /// Some 10 MB when all are kept.
    private static final int MAX_TRANSACTIONS = 200_000;

    private final SeekableTars tars;
    private final Cache<IndexKey, BatchIndex> indexes;
    private final Cache<IndexKey, SegmentTransactions> transactions =
            Caffeine.newBuilder()
                    .maximumWeight(MAX_TRANSACTIONS)
                    .weigher((IndexKey _, SegmentTransactions known) ->
                            1 + known.aborted().size() + known.openAtEnd().size())
                    .executor(Runnable::run)
                    .build();
    private final ReadAhead readAhead = new ReadAhead();

    /// @param maxIndexBytes bound of the directories of batch indexes in memory
    public SeekableRecordSegments(SeekableTars tars, long maxIndexBytes) {
        this.tars = tars;
        this.indexes =
                Caffeine.newBuilder()
                        .maximumWeight(maxIndexBytes)
                        .weigher((IndexKey _, BatchIndex index) -> index.weightBytes())
                        .executor(Runnable::run)
                        .build();
    }

    @Override
    public FetchedBatches read(RecordSegment segment, int partition, long offset, int maxBytes)
            throws IOException {
        Source source = open(segment, partition);
        List<BatchIndex.Row> rows = rows(source, offset, maxBytes);
        if (rows.isEmpty()) {
            return ArchivedBatches.none(offset);
        }
        BatchIndex.Row last = rows.getLast();
        ArchivedBatches batches = source.batches(rows);
        readAhead.read(
                new ReadAhead.Place(segment.id(), partition, offset),
                new ReadAhead.Place(segment.id(), partition, last.endOffset()),
                source.tar,
                source.entry,
                last.position() + last.sizeBytes());
        return batches;
    }

    @Override
    public void readOn(
            RecordSegment segment,
            int partition,
            long offset,
            LongFunction<Optional<RecordSegment>> next) {
        ReadAhead.Place from = new ReadAhead.Place(segment.id(), partition, offset);
        if (!readAhead.isLeaving(from)) {
            return;
        }
        long end =
                segment.ranges().stream()
                        .filter(range -> range.partition() == partition)
                        .mapToLong(PartitionRange::endOffset)
                        .findFirst()
                        .orElse(offset);
        next.apply(end).ifPresent(following -> enter(following, partition, end, from));
    }

    private void enter(RecordSegment segment, int partition, long offset, ReadAhead.Place from) {
        ReadAhead.Place to = new ReadAhead.Place(segment.id(), partition, offset);
        if (!readAhead.enter(to, from)) {
            return;
        }
        Thread.ofVirtual()
                .name("archive-read-on")
                .start(() -> {
                    try {
                        Source source = open(segment, partition);
                        long position = source.index.position(source.index.blockFor(offset));
                        readAhead.load(to, source.tar, source.entry, position);
                    } catch (IOException e) {
                        log.debug("{} is not read ahead", segment.object().key(), e);
                    }
                });
    }

    @Override
    public SegmentTransactions transactions(RecordSegment segment, int partition)
            throws IOException {
        SeekableTar tar = tars.open(segment.object());
        if (tar.entry(TransactionsEntry.name(partition)).isEmpty()) {
            return SegmentTransactions.NONE;
        }
        IndexKey key = new IndexKey(segment.object().key(), partition);
        SegmentTransactions known = transactions.getIfPresent(key);
        if (known == null) {
            requireSame(segment, tar);
            known = TransactionsEntry.read(tar, partition);
            transactions.put(key, known);
        }
        return known;
    }

    @Override
    public Optional<TimestampOffset> offsetForTimestamp(
            RecordSegment segment, int partition, long timestampMs, long fromOffset)
            throws IOException {
        Source source = open(segment, partition);
        BatchIndex index = source.index;
        for (int block = index.blockFor(fromOffset); block < index.blockCount(); block++) {
            if (index.maxTimestampMs(block) < timestampMs) {
                continue;
            }
            for (BatchIndex.Row row : index.block(source.tar, block)) {
                if (row.maxTimestampMs() >= timestampMs && row.endOffset() > fromOffset) {
                    Optional<TimestampOffset> found =
                            source.search(
                                    row,
                                    batch ->
                                            TimestampSearch.firstAtLeast(
                                                    batch,
                                                    timestampMs,
                                                    fromOffset,
                                                    MAX_UNCOMPRESSED_BYTES));
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<TimestampOffset> maxTimestamp(RecordSegment segment, int partition)
            throws IOException {
        Source source = open(segment, partition);
        BatchIndex index = source.index;
        int best = 0;
        for (int block = 1; block < index.blockCount(); block++) {
            if (index.maxTimestampMs(block) > index.maxTimestampMs(best)) {
                best = block;
            }
        }
        for (BatchIndex.Row row : index.block(source.tar, best)) {
            if (row.maxTimestampMs() == index.maxTimestampMs(best)) {
                return source.search(
                        row,
                        batch ->
                                TimestampSearch.max(
                                        batch, row.baseOffset(), MAX_UNCOMPRESSED_BYTES));
            }
        }
        return Optional.empty();
    }

    @Override
    public OptionalLong endOffsetForIngestTime(
            RecordSegment segment, int partition, long ingestTimeMs) throws IOException {
        Source source = open(segment, partition);
        BatchIndex index = source.index;
        for (int block = 0; block < index.blockCount(); block++) {
            if (index.maxIngestTimeMs(block) > ingestTimeMs) {
                for (BatchIndex.Row row : index.block(source.tar, block)) {
                    if (row.ingestTimeMs() > ingestTimeMs) {
                        return OptionalLong.of(row.baseOffset());
                    }
                }
            }
        }
        return OptionalLong.empty();
    }

    /// The batches to return: at least one, then as many as fit.
    private static List<BatchIndex.Row> rows(Source source, long offset, int maxBytes)
            throws IOException {
        List<BatchIndex.Row> rows = new ArrayList<>();
        BatchCursor cursor = BatchCursor.from(source.tar, source.index, offset);
        long bytes = 0;
        Optional<BatchIndex.Row> row = cursor.peek();
        while (row.isPresent()) {
            bytes += row.get().sizeBytes();
            if (bytes > maxBytes && !rows.isEmpty()) {
                break;
            }
            rows.add(row.get());
            cursor.advance();
            row = cursor.peek();
        }
        return rows;
    }

    private Source open(RecordSegment segment, int partition) throws IOException {
        SeekableTar tar = tars.open(segment.object());
        SeekableTar.Entry entry = entry(tar, PartitionCopy.batchesEntry(partition));
        IndexKey key = new IndexKey(segment.object().key(), partition);
        BatchIndex index = indexes.getIfPresent(key);
        if (index == null) {
            requireSame(segment, tar);
            SeekableTar.Entry indexEntry = entry(tar, PartitionCopy.indexEntry(partition));
            index = BatchIndex.load(tar, indexEntry, entry.sizeBytes());
            indexes.put(key, index);
        }
        return new Source(tar, entry, index);
    }

    /// Another segment in its place would be whole in itself.
    private static void requireSame(RecordSegment segment, SeekableTar tar) throws IOException {
        String id = Manifests.id(tar);
        if (!id.equals(segment.id())) {
            throw new CorruptObjectException(
                    tar.object().key(),
                    Manifests.ENTRY_NAME,
                    "record segment " + segment.id(),
                    "record segment " + id);
        }
    }

    private static SeekableTar.Entry entry(SeekableTar tar, String name)
            throws CorruptObjectException {
        return tar.entry(name)
                .orElseThrow(() ->
                        new CorruptObjectException(
                                tar.object().key(),
                                TableOfContents.ENTRY_NAME,
                                "entry " + name,
                                "no such entry"));
    }

    private record IndexKey(String object, int partition) {}

    @FunctionalInterface
    private interface BatchSearch {
        Optional<TimestampOffset> search(ByteBuffer batch);
    }

    /// One partition of one open record segment.
    private record Source(SeekableTar tar, SeekableTar.Entry entry, BatchIndex index) {

        /// The bytes of consecutive batches.
        ArchivedBatches batches(List<BatchIndex.Row> rows) throws IOException {
            long start = rows.getFirst().position();
            BatchIndex.Row last = rows.getLast();
            int length = Math.toIntExact(last.position() + last.sizeBytes() - start);
            if (start + length > entry.sizeBytes()) {
                throw corrupt(last, "a batch within %d bytes".formatted(entry.sizeBytes()), "more");
            }
            List<SeekableTar.Chunk> chunks = tar.chunks(entry, start, length);
            List<ByteBuffer> batches = new ArrayList<>(rows.size());
            long[] ingestTimesMs = new long[rows.size()];
            int chunk = 0;
            for (BatchIndex.Row row : rows) {
                while (row.position() >= chunks.get(chunk).end()) {
                    chunk++;
                }
                ingestTimesMs[batches.size()] = row.ingestTimeMs();
                batches.add(batch(row, chunks.get(chunk)));
            }
            return new ArchivedBatches(batches, ingestTimesMs, length, last.endOffset());
        }

        Optional<TimestampOffset> search(BatchIndex.Row row, BatchSearch search)
                throws IOException {
            ByteBuffer batch = batches(List.of(row)).batches().getFirst();
            try {
                return search.search(batch);
            } catch (InvalidRecordsException _) {
                // Accepted and archived as it came; what cannot be decoded is not found by time.
                return Optional.empty();
            }
        }

        /// A view of the chunk, as the writer never cuts a chunk within a batch.
        private ByteBuffer batch(BatchIndex.Row row, SeekableTar.Chunk chunk)
                throws CorruptObjectException {
            if (row.position() + row.sizeBytes() > chunk.end()) {
                throw corrupt(row, "a batch within one chunk", "a longer one");
            }
            int at = (int) (row.position() - chunk.start());
            ByteBuffer bytes =
                    ByteBuffer.wrap(chunk.bytes(), at, row.sizeBytes()).slice().asReadOnlyBuffer();
            boolean fits =
                    row.sizeBytes() >= BatchView.HEADER_BYTES
                            && BatchView.of(bytes).sizeBytes() == row.sizeBytes()
                            && BatchView.of(bytes).baseOffset() == row.baseOffset()
                            && BatchView.of(bytes).nextOffset() == row.endOffset();
            if (!fits) {
                throw corrupt(row, "the batch that the index describes", "another one");
            }
            return bytes;
        }

        private CorruptObjectException corrupt(BatchIndex.Row row, String expected, String actual) {
            return new CorruptObjectException(
                    tar.object().key(),
                    "entry %s batch at offset %d".formatted(entry.name(), row.baseOffset()),
                    expected,
                    actual);
        }
    }
}
