package io.annals.indexer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.ByteBuffersDirectory;

/// A Lucene index in memory with the real mapping; answers with offsets of partition 0.
final class TestIndex implements AutoCloseable {
    private final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    private final IndexWriter writer;
    private final DocumentWriter documents;
    private long nextOffset;

    TestIndex(MappingLimits limits) throws IOException {
        writer =
                new IndexWriter(
                        directory,
                        new IndexWriterConfig().setIndexSort(RecordMapping.newestFirst()));
        documents = new DocumentWriter(limits, 1 << 24);
    }

    static TestIndex of(String... values) throws IOException {
        TestIndex index = new TestIndex(MappingLimits.DEFAULT);
        for (String value : values) {
            index.add(Batches.record(index.nextOffset, null, value));
        }
        return index;
    }

    TestIndex add(SimpleRecord record) throws IOException {
        ByteBuffer batch = Batches.of(nextOffset, List.of(record));
        documents.add(writer, 0, batch, 1_000 + nextOffset, 0);
        nextOffset++;
        return this;
    }

    void add(int partition, ByteBuffer batch, long ingestTimeMs) throws IOException {
        documents.add(writer, partition, batch, ingestTimeMs, 0);
    }

    DocumentWriter.Counts counts() {
        return documents.counts();
    }

    IndexSearcher searcher() throws IOException {
        return new IndexSearcher(DirectoryReader.open(writer));
    }

    /// Offsets that match, ascending.
    List<Long> find(Query query) throws IOException {
        IndexSearcher searcher = searcher();
        Weight weight =
                searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
        TreeSet<Long> offsets = new TreeSet<>();
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            Scorer scorer = weight.scorer(leaf);
            if (scorer == null) {
                continue;
            }
            NumericDocValues offset = leaf.reader().getNumericDocValues(RecordMapping.OFFSET);
            DocIdSetIterator found = scorer.iterator();
            while (found.nextDoc() != DocIdSetIterator.NO_MORE_DOCS) {
                offset.advanceExact(found.docID());
                offsets.add(offset.longValue());
            }
        }
        searcher.getIndexReader().close();
        return List.copyOf(offsets);
    }

    @Override
    public void close() throws IOException {
        documents.close();
        writer.close();
        directory.close();
    }
}
