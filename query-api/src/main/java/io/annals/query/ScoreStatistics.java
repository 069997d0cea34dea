package io.annals.query;

import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.search.similarities.BM25Similarity;

/// How frequent the words of one query are over everything that is searched, so that scores of
/// different indexes can be compared. Frozen into the cursor: all pages of a search score alike.
/// Thread-safe.
final class ScoreStatistics {
    /// More words than this are not carried from page to page.
    private static final int MAX_FROZEN_TERMS = 256;

    private static final float TERM_SATURATION = 1.2f;

    /// Without length normalisation: norms are not indexed.
    private static final BM25Similarity SIMILARITY = new BM25Similarity(TERM_SATURATION, 0);

    private final AtomicLong documents = new AtomicLong();
    private final ConcurrentMap<Long, Long> frequencies = new ConcurrentHashMap<>();

    ScoreStatistics() {}

    ScoreStatistics(long documents, Map<Long, Long> frequencies) {
        this.documents.set(documents);
        this.frequencies.putAll(frequencies);
    }

    long documents() {
        return documents.get();
    }

    /// Documents per term, by the term's hash; empty if there are too many to carry.
    Map<Long, Long> frozenFrequencies() {
        return frequencies.size() > MAX_FROZEN_TERMS ? Map.of() : new TreeMap<>(frequencies);
    }

    /// Counts the words of `query` in one index.
    ///
    /// @return documents of the index
    long add(IndexReader reader, Query query) throws IOException {
        documents.addAndGet(reader.maxDoc());
        Set<Term> terms = new HashSet<>();
        new IndexSearcher(reader).rewrite(query).visit(QueryVisitor.termCollector(terms));
        for (Term term : terms) {
            frequencies.merge(hash(term), (long) reader.docFreq(term), Long::sum);
        }
        return reader.maxDoc();
    }

    /// A searcher that scores by these statistics.
    IndexSearcher searcher(IndexReader reader) {
        IndexSearcher searcher =
                new IndexSearcher(reader) {
                    @Override
                    public TermStatistics termStatistics(Term term, int docFreq, long totalFreq) {
                        long count = frequencies.getOrDefault(hash(term), (long) docFreq);
                        long known = Math.clamp(count, 1, Math.max(1, documents.get()));
                        return new TermStatistics(term.bytes(), known, Math.max(known, totalFreq));
                    }

                    @Override
                    public CollectionStatistics collectionStatistics(String field) {
                        long all = Math.max(1, documents.get());
                        return new CollectionStatistics(field, all, all, all, all);
                    }
                };
        searcher.setSimilarity(SIMILARITY);
        return searcher;
    }

    /// FNV-1a over field and bytes.
    private static long hash(Term term) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < term.field().length(); i++) {
            hash = (hash ^ term.field().charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ 0xff) * 0x100000001b3L;
        for (int i = 0; i < term.bytes().length; i++) {
            hash = (hash ^ term.bytes().bytes[term.bytes().offset + i]) * 0x100000001b3L;
        }
        return hash;
    }
}
