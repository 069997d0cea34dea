package io.annals.indexer;

import io.annals.wal.BatchView;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexableField;
import org.jspecify.annotations.Nullable;

/// Turns record batches into Lucene documents, one per record: the one mapping of hot and warm.
/// Nothing is stored; a hit is a partition and an offset. Confined to one thread.
///
/// Whatever a record holds, it becomes a document: null keys and values have no terms, bytes that
/// are not text have their ASCII words. Control batches have no documents. A batch whose records
/// cannot be read (they were checked when they came in) is counted, not fatal.
final class DocumentWriter implements AutoCloseable {
    /// Distance between the elements of an array and other repeats of a path, so that no phrase
    /// spans two of them.
    private static final int REPEAT_GAP = 100;

    private static final byte[] KEY_PATH = TermCode.utf8(RecordMapping.KEY);
    private static final FieldType WORDS = terms(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS);
    private static final FieldType EXACT = terms(IndexOptions.DOCS);

    private final MappingLimits limits;
    private final RecordReader records;
    private final Words words = new Words();
    private final Paths paths;
    private final JsonLeaves json;
    private final Paths.Node key = new Paths.Node(KEY_PATH, false);

    private final TermList textTerms = new TermList();
    private final TermList keywordTerms = new TermList();
    private final TermList numberTerms = new TermList();
    private final TermList fieldTerms = new TermList();
    private final NumericDocValuesField partitionField = longs(RecordMapping.PARTITION);
    private final NumericDocValuesField offsetField = longs(RecordMapping.OFFSET);
    private final NumericDocValuesField timestampField = longs(RecordMapping.TIMESTAMP);
    private final NumericDocValuesField ingestTimeField = longs(RecordMapping.INGEST_TIME);
    private final NumericDocValuesField producerIdField = longs(RecordMapping.PRODUCER_ID);
    private final List<IndexableField> document =
            List.of(
                    new Field(TermCode.TEXT, textTerms, WORDS),
                    new Field(TermCode.KEYWORD, keywordTerms, EXACT),
                    new Field(TermCode.NUMBER, numberTerms, EXACT),
                    new Field(TermCode.FIELDS, fieldTerms, EXACT),
                    partitionField,
                    offsetField,
                    timestampField,
                    ingestTimeField);
    private final List<IndexableField> transactionalDocument =
            Stream.concat(document.stream(), Stream.of(producerIdField)).toList();

    private long documents;
    private long cutValues;
    private long overflowLeaves;
    private long unreadableBatches;

    /// @param maxBatchBytes bound for the uncompressed records of one batch
    DocumentWriter(MappingLimits limits, int maxBatchBytes) {
        this.limits = limits;
        this.records = new RecordReader(maxBatchBytes);
        this.paths = new Paths(limits.maxPaths());
        this.json = new JsonLeaves(paths, limits.maxDepth());
    }

    /// Adds the records of a batch that lie at or above `fromOffset`.
    void add(IndexWriter index, int partition, ByteBuffer batch, long ingestTimeMs, long fromOffset)
            throws IOException {
        BatchView view = BatchView.of(batch);
        if (view.isControl()) {
            return;
        }
        partitionField.setLongValue(partition);
        ingestTimeField.setLongValue(ingestTimeMs);
        producerIdField.setLongValue(view.producerId());
        List<IndexableField> mapped = view.isTransactional() ? transactionalDocument : document;
        try {
            records.open(view);
            while (records.next()) {
                if (records.offset() >= fromOffset) {
                    mapRecord();
                    index.addDocument(mapped);
                    documents++;
                }
            }
        } catch (InvalidRecordsException _) {
            unreadableBatches++;
        }
    }

    Counts counts() {
        return new Counts(documents, paths.count(), cutValues, overflowLeaves, unreadableBatches);
    }

    private void mapRecord() {
        textTerms.clear();
        keywordTerms.clear();
        numberTerms.clear();
        fieldTerms.clear();
        offsetField.setLongValue(records.offset());
        timestampField.setLongValue(records.timestampMs());
        byte[] bytes = records.array();
        if (records.keyLength() >= 0) {
            mapKey(bytes, records.keyAt(), records.keyAt() + records.keyLength());
        }
        int headers = Math.min(records.headerCount(), limits.maxHeaders());
        overflowLeaves += records.headerCount() - headers;
        for (int i = 0; i < headers; i++) {
            mapHeader(bytes, i);
        }
        if (records.valueLength() >= 0) {
            mapValue(bytes, records.valueAt(), records.valueLength());
        }
    }

    private void mapKey(byte[] bytes, int from, int to) {
        present(key);
        number(bytes, from, to, key);
        if (!words(bytes, from, Math.min(to, from + limits.maxValueBytes()), key, 1)) {
            if (TermCode.isShortKey(to - from)) {
                keywordTerms.add(bytes, from, to, TermCode.PART, KEY_PATH, 1);
            } else {
                byte[] digest = sha256(ByteBuffer.wrap(bytes, from, to - from));
                keywordTerms.add(digest, 0, digest.length, TermCode.PART, KEY_PATH, 1);
            }
        }
    }

    private void mapHeader(byte[] bytes, int header) {
        int nameAt = records.headerKeyAt(header);
        Paths.Node path = paths.header(bytes, nameAt, nameAt + records.headerKeyLength(header));
        int length = records.headerValueLength(header);
        if (length < 0) {
            present(path);
        } else {
            int at = records.headerValueAt(header);
            mapText(bytes, at, at + Math.min(length, limits.maxValueBytes()), path);
        }
    }

    private void mapValue(byte[] bytes, int at, int length) {
        if (length > limits.maxValueBytes()) {
            cutValues++;
            words(bytes, at, cut(bytes, at + limits.maxValueBytes()), paths.overflow(), 1);
        } else if (!Utf8.isValid(bytes, at, at + length)) {
            words(bytes, at, at + length, paths.overflow(), 1);
        } else if (json.scan(bytes, at, at + length)) {
            for (int i = 0; i < json.count(); i++) {
                mapLeaf(i);
            }
        } else {
            mapText(bytes, at, at + length, paths.overflow());
        }
        present(paths.overflow());
    }

    /// The last place up to `to` where text can be cut.
    private static int cut(byte[] bytes, int to) {
        int cut = to;
        while (to - cut < 3 && cut > 0 && (bytes[cut] & 0xc0) == 0x80) {
            cut--;
        }
        return cut;
    }

    private void mapLeaf(int leaf) {
        Paths.Node path = json.path(leaf);
        byte[] bytes = json.bytes(leaf);
        int from = json.from(leaf);
        int to = json.to(leaf);
        if (path.isOverflow) {
            overflowLeaves++;
        }
        if (json.type(leaf) == JsonLeaves.NUMBER) {
            present(path);
            number(bytes, from, to, path);
        } else {
            mapText(bytes, from, to, path);
        }
    }

    /// A text leaf: a string or boolean of a JSON value, a header, a value that is not JSON.
    private void mapText(byte[] bytes, int from, int to, Paths.Node path) {
        boolean repeated = !present(path);
        number(bytes, from, to, path);
        Instant instant = InstantText.parse(bytes, from, to);
        if (instant != null) {
            numberTerms.add(path.path, TermCode.INSTANT_TYPE, NumberCode.instant(instant));
            if (!InstantText.isDateOnly(from, to)) {
                return;
            }
        }
        if (!words(bytes, from, to, path, repeated ? REPEAT_GAP : 1)
                && TermCode.isKeyword(bytes, from, to)) {
            keywordTerms.add(bytes, from, to, TermCode.PART, path.path, 1);
        }
    }

    /// @param positions distance of the first word from what was before
    /// @return whether the leaf is one word exactly, so that this word stands for the whole leaf
    private boolean words(byte[] bytes, int from, int to, Paths.Node path, int positions) {
        if (Words.isOneWord(bytes, from, to)) {
            textTerms.add(bytes, from, to, TermCode.WHOLE, path.path, positions);
            return true;
        }
        words.reset(bytes, from, to, !Utf8.isValid(bytes, from, to));
        int increment = positions;
        while (words.next()) {
            textTerms.add(words.bytes(), 0, words.length(), TermCode.PART, path.path, increment);
            increment = 1;
        }
        return false;
    }

    private void number(byte[] bytes, int from, int to, Paths.Node path) {
        byte @Nullable [] code = NumberCode.number(bytes, from, to);
        if (code != null) {
            numberTerms.add(path.path, TermCode.NUMBER_TYPE, code);
        }
    }

    /// @return whether this document did not have the path before
    private boolean present(Paths.Node path) {
        if (path.lastDocument == documents) {
            return false;
        }
        path.lastDocument = documents;
        fieldTerms.add(path.path);
        return true;
    }

    static byte[] sha256(ByteBuffer bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        records.close();
    }

    private static NumericDocValuesField longs(String name) {
        return NumericDocValuesField.indexedField(name, 0);
    }

    private static FieldType terms(IndexOptions options) {
        FieldType type = new FieldType();
        type.setTokenized(true);
        type.setOmitNorms(true);
        type.setIndexOptions(options);
        type.freeze();
        return type;
    }

    /// What was taken, and what fell outside of the limits.
    ///
    /// @param paths distinct JSON paths and header names
    /// @param cutValues values longer than the limit
    /// @param overflowLeaves leaves and headers without a field of their own
    /// @param unreadableBatches batches without documents
    record Counts(
            long documents,
            long paths,
            long cutValues,
            long overflowLeaves,
            long unreadableBatches) {

        /// Of splits that are merged; of paths that several of them have, as many as one has.
        static Counts sum(List<SplitManifest> splits) {
            Counts sum = new Counts(0, 0, 0, 0, 0);
            for (SplitManifest split : splits) {
                SplitManifest.Outside outside = split.counts();
                sum =
                        new Counts(
                                sum.documents + split.documentCount(),
                                Math.max(sum.paths, outside.paths()),
                                sum.cutValues + outside.cutValues(),
                                sum.overflowLeaves + outside.overflowLeaves(),
                                sum.unreadableBatches + outside.unreadableBatches());
            }
            return sum;
        }
    }
}
