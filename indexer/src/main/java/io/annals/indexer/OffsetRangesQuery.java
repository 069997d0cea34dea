package io.annals.indexer;

import java.io.IOException;
import java.util.Map;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.ConstantScoreScorer;
import org.apache.lucene.search.ConstantScoreWeight;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;
import org.jspecify.annotations.Nullable;

/// Records whose offset lies in the range of their partition, for any number of partitions: asks
/// the doc values of each document that the rest of the query accepts. Immutable.
final class OffsetRangesQuery extends Query {
    private static final float COST_OF_A_MATCH = 10;

    private final Map<Integer, SearchableView.OffsetRange> ranges;

    OffsetRangesQuery(Map<Integer, SearchableView.OffsetRange> ranges) {
        this.ranges = Map.copyOf(ranges);
    }

    @Override
    public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
        return new ConstantScoreWeight(this, boost) {
            @Override
            public @Nullable ScorerSupplier scorerSupplier(LeafReaderContext context)
                    throws IOException {
                LeafReader leaf = context.reader();
                NumericDocValues partitions = leaf.getNumericDocValues(RecordMapping.PARTITION);
                NumericDocValues offsets = leaf.getNumericDocValues(RecordMapping.OFFSET);
                if (partitions == null || offsets == null) {
                    return null;
                }
                return new DefaultScorerSupplier(
                        new ConstantScoreScorer(
                                score(), mode, inRange(leaf.maxDoc(), partitions, offsets)));
            }

            @Override
            public boolean isCacheable(LeafReaderContext context) {
                return true;
            }
        };
    }

    private TwoPhaseIterator inRange(
            int maxDoc, NumericDocValues partitions, NumericDocValues offsets) {
        return new TwoPhaseIterator(DocIdSetIterator.all(maxDoc)) {
            @Override
            public boolean matches() throws IOException {
                int document = approximation().docID();
                if (!partitions.advanceExact(document) || !offsets.advanceExact(document)) {
                    return false;
                }
                SearchableView.OffsetRange range = ranges.get((int) partitions.longValue());
                long offset = offsets.longValue();
                return range != null && range.from() <= offset && offset < range.to();
            }

            @Override
            public float matchCost() {
                return COST_OF_A_MATCH;
            }
        };
    }

    @Override
    public void visit(QueryVisitor visitor) {
        visitor.visitLeaf(this);
    }

    @Override
    public String toString(String field) {
        return "within:" + ranges;
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
                && other instanceof OffsetRangesQuery that
                && ranges.equals(that.ranges);
    }

    @Override
    public int hashCode() {
        return 31 * classHash() + ranges.hashCode();
    }
}
