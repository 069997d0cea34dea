package io.annals.query;

import io.annals.indexer.RecordMapping;
import io.annals.query.Found.Hit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.CollectionTerminatedException;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.DocIdStream;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.jspecify.annotations.Nullable;

/// Searches one index for one page. Confined to one thread.
///
/// Every leaf keeps its documents newest first ([SortKey#NEWEST]), so the newest hits are the first
/// matches and the oldest are the last, and no sort value is read before they are known. Where
/// Lucene knows the number of matches without visiting them, the search ends with the page; where
/// it does not, counting goes on, since totals are exact.
final class ViewSearch {
    /// Documents between two looks at the clock.
    private static final int WINDOW = 1 << 15;

    private final IndexSearcher searcher;
    private final String topic;
    private final Page page;
    private final Deadline deadline;

    private final List<Hit> hits = new ArrayList<>();
    private long count;
    private boolean complete = true;

    /// @param topic that the index belongs to
    ViewSearch(IndexSearcher searcher, String topic, Page page, Deadline deadline) {
        this.searcher = searcher;
        this.topic = topic;
        this.page = page;
        this.deadline = deadline;
    }

    /// Which hits are wanted.
    ///
    /// @param size at most this many
    /// @param counting whether all matches are to be counted, for a first page only
    /// @param after only hits behind this one
    record Page(SearchOrder order, int size, boolean counting, Optional<SortKey> after) {
        Page {
            if (counting && after.isPresent()) {
                throw new IllegalArgumentException("only first pages count");
            }
        }
    }

    Found run(Query query) throws IOException {
        ScoreMode mode =
                page.order() == SearchOrder.SCORE
                        ? ScoreMode.COMPLETE
                        : ScoreMode.COMPLETE_NO_SCORES;
        Weight weight = searcher.createWeight(searcher.rewrite(query), mode, 1);
        for (LeafReaderContext leaf : searcher.getLeafContexts()) {
            if (deadline.isOver()) {
                complete = false;
                break;
            }
            int boundary = boundary(leaf);
            switch (page.order()) {
                case NEWEST -> newest(leaf, weight, boundary);
                case OLDEST -> oldest(leaf, weight, boundary);
                case SCORE -> best(leaf, weight, boundary);
            }
        }
        hits.sort(Comparator.comparing(Hit::key, SortKey.comparator(page.order())));
        List<Hit> wanted = hits.subList(0, Math.min(page.size(), hits.size()));
        return new Found(List.copyOf(wanted), count, complete);
    }

    /// The first document of the leaf that stands behind the page's `after` in newest order (in the
    /// order by score: among those with the same score); for the oldest order the first one that
    /// does not stand in front of it.
    private int boundary(LeafReaderContext leaf) throws IOException {
        int maxDoc = leaf.reader().maxDoc();
        boolean oldest = page.order() == SearchOrder.OLDEST;
        if (page.after().isEmpty()) {
            return oldest ? maxDoc : 0;
        }
        SortKey after = page.after().get();
        int low = 0;
        int high = maxDoc;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = SortKey.NEWEST.compare(new Columns(leaf).key(middle, 0), after);
            if (order > 0 || (oldest && order == 0)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void newest(LeafReaderContext leaf, Weight weight, int boundary) throws IOException {
        FirstMatches first = new FirstMatches(countsByVisiting(leaf, weight));
        visit(leaf, weight, first, boundary, leaf.reader().maxDoc());
        add(leaf, Arrays.copyOf(first.docs, first.found), null);
    }

    /// Keeps the first matches; then counts the others, as many as possible at a time, or ends.
    private final class FirstMatches implements DocumentVisitor {
        private final boolean counting;
        private final int[] docs = new int[page.size()];
        private int found;

        FirstMatches(boolean counting) {
            this.counting = counting;
        }

        @Override
        public void collect(int doc) {
            if (found < docs.length) {
                docs[found++] = doc;
            } else if (!counting) {
                throw new CollectionTerminatedException();
            }
            count += counting ? 1 : 0;
        }

        @Override
        public void collect(DocIdStream stream) throws IOException {
            if (counting && found == docs.length) {
                count += stream.count();
            } else {
                DocumentVisitor.super.collect(stream);
            }
        }

        @Override
        public void collectRange(int from, int to) throws IOException {
            if (counting && found == docs.length) {
                count += to - from;
            } else {
                DocumentVisitor.super.collectRange(from, to);
            }
        }
    }

    private void oldest(LeafReaderContext leaf, Weight weight, int boundary) throws IOException {
        if (countsByVisiting(leaf, weight)) {
            add(leaf, last(leaf, weight, new Last(0, boundary, page.size(), true)), null);
            return;
        }
        int missing = page.size();
        int end = boundary;
        for (int window = Math.max(1024, 2 * missing); end > 0 && missing > 0; window *= 4) {
            int start = window <= 0 ? 0 : Math.max(0, end - window);
            int[] docs = last(leaf, weight, new Last(start, end, missing, false));
            add(leaf, docs, null);
            missing -= docs.length;
            end = start;
        }
    }

    /// The last `size` matches of `[from, to)`.
    ///
    /// @param counting whether the matches at and above `to` are counted as well
    private record Last(int from, int to, int size, boolean counting) {}

    private int[] last(LeafReaderContext leaf, Weight weight, Last range) throws IOException {
        int[] ring = new int[range.size()];
        int[] found = {0};
        DocumentVisitor visitor =
                doc -> {
                    if (range.counting()) {
                        count++;
                    }
                    if (doc < range.to()) {
                        ring[found[0]++ % ring.length] = doc;
                    }
                };
        int end = range.counting() ? leaf.reader().maxDoc() : range.to();
        visit(leaf, weight, visitor, range.from(), end);
        int[] docs = found[0] < ring.length ? Arrays.copyOf(ring, found[0]) : ring;
        Arrays.sort(docs);
        return docs;
    }

    private void best(LeafReaderContext leaf, Weight weight, int boundary) throws IOException {
        PriorityQueue<Scored> worstFirst =
                new PriorityQueue<>(
                        Comparator.comparingDouble((Scored hit) -> hit.score())
                                .thenComparing(Comparator.comparingInt(Scored::doc).reversed()));
        float limit = page.after().map(SortKey::score).orElse(Float.POSITIVE_INFINITY);
        visit(
                leaf,
                weight,
                new BestCollector(worstFirst, limit, boundary),
                0,
                leaf.reader().maxDoc());
        Scored[] byDoc = worstFirst.toArray(Scored[]::new);
        Arrays.sort(byDoc, Comparator.comparingInt(Scored::doc));
        float[] scores = new float[byDoc.length];
        int[] docs = new int[byDoc.length];
        for (int i = 0; i < byDoc.length; i++) {
            docs[i] = byDoc[i].doc();
            scores[i] = byDoc[i].score();
        }
        add(leaf, docs, scores);
    }

    private record Scored(int doc, float score) {}

    /// A collector that need not score.
    @FunctionalInterface
    private interface DocumentVisitor extends LeafCollector {
        @Override
        default void setScorer(Scorable scorer) {}
    }

    private final class BestCollector implements DocumentVisitor {
        private final PriorityQueue<Scored> worstFirst;
        private final float limit;
        private final int boundary;
        private @Nullable Scorable scorer;

        BestCollector(PriorityQueue<Scored> worstFirst, float limit, int boundary) {
            this.worstFirst = worstFirst;
            this.limit = limit;
            this.boundary = boundary;
        }

        @Override
        public void setScorer(Scorable newScorer) {
            scorer = newScorer;
        }

        @Override
        public void collect(int doc) throws IOException {
            count++;
            float score = scorer == null ? 0 : scorer.score();
            if (score > limit || (score == limit && doc < boundary)) {
                return;
            }
            if (worstFirst.size() < page.size()) {
                worstFirst.add(new Scored(doc, score));
            } else if (score > worstFirst.element().score()) {
                worstFirst.remove();
                worstFirst.add(new Scored(doc, score));
            }
        }
    }

    /// Adds the matches to the count if Lucene knows their number; otherwise they must be visited.
    private boolean countsByVisiting(LeafReaderContext leaf, Weight weight) throws IOException {
        if (!page.counting()) {
            return false;
        }
        int known = weight.count(leaf);
        if (known >= 0) {
            count += known;
        }
        return known < 0;
    }

    /// Feeds the matches among documents `[from, to)` to the collector, until it or the time ends.
    private void visit(
            LeafReaderContext leaf, Weight weight, LeafCollector collector, int from, int to)
            throws IOException {
        BulkScorer scorer = weight.bulkScorer(leaf);
        if (scorer == null) {
            return;
        }
        Bits liveDocs = leaf.reader().getLiveDocs();
        int at = from;
        try {
            while (at < to) {
                if (deadline.isOver()) {
                    complete = false;
                    return;
                }
                int end = (int) Math.min(to, (long) at + WINDOW);
                int next = scorer.score(collector, liveDocs, at, end);
                if (next == DocIdSetIterator.NO_MORE_DOCS) {
                    return;
                }
                at = Math.max(end, next);
            }
        } catch (CollectionTerminatedException _) {
            return; // the collector has what it needs
        }
    }

    /// @param docs ascending
    private void add(LeafReaderContext leaf, int[] docs, float @Nullable [] scores)
            throws IOException {
        if (docs.length == 0) {
            return; // opening the columns would read of them
        }
        Columns columns = new Columns(leaf);
        for (int i = 0; i < docs.length; i++) {
            hits.add(new Hit(columns.key(docs[i], scores == null ? 0 : scores[i])));
        }
    }

    /// The numeric columns of a leaf, to be read at ascending documents.
    private final class Columns {
        private final NumericDocValues timestamp;
        private final NumericDocValues partition;
        private final NumericDocValues offset;

        Columns(LeafReaderContext leaf) throws IOException {
            timestamp = DocValues.getNumeric(leaf.reader(), RecordMapping.TIMESTAMP);
            partition = DocValues.getNumeric(leaf.reader(), RecordMapping.PARTITION);
            offset = DocValues.getNumeric(leaf.reader(), RecordMapping.OFFSET);
        }

        SortKey key(int doc, float score) throws IOException {
            return new SortKey(
                    score,
                    value(timestamp, doc, RecordMapping.TIMESTAMP),
                    topic,
                    (int) value(partition, doc, RecordMapping.PARTITION),
                    value(offset, doc, RecordMapping.OFFSET));
        }

        private long value(NumericDocValues values, int doc, String field) throws IOException {
            if (!values.advanceExact(doc)) {
                throw new IOException("document %d of an index has no %s".formatted(doc, field));
            }
            return values.longValue();
        }
    }
}
