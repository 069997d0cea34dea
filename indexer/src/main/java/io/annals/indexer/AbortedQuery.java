package io.annals.indexer;

import io.annals.wal.AbortedTransaction;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.ConstantScoreScorer;
import org.apache.lucene.search.ConstantScoreWeight;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;
import org.jspecify.annotations.Nullable;

/// Records of aborted transactions: those that were sent in a transaction, by the producer and
/// within the offsets of one that was aborted. Looks only at documents that have a producer id, and
/// as a clause that excludes only at those which the rest of the query accepts. Immutable.
final class AbortedQuery extends Query {
    private static final float COST_OF_A_MATCH = 20;

    private final Map<Integer, List<AbortedTransaction>> aborted;

    /// By partition, producer and first offset the last offset: transactions of one producer in one
    /// partition follow each other.
    private final Map<Integer, Map<Long, TreeMap<Long, Long>>> lastOffsets = new HashMap<>();

    AbortedQuery(Map<Integer, List<AbortedTransaction>> aborted) {
        this.aborted = Map.copyOf(aborted);
        aborted.forEach((partition, transactions) -> {
            Map<Long, TreeMap<Long, Long>> ofPartition =
                    lastOffsets.computeIfAbsent(partition, _ -> new HashMap<>());
            for (AbortedTransaction each : transactions) {
                ofPartition
                        .computeIfAbsent(each.producerId(), _ -> new TreeMap<>())
                        .put(each.firstOffset(), each.lastOffset());
            }
        });
    }

    private boolean isAborted(int partition, long producerId, long offset) {
        TreeMap<Long, Long> ofProducer =
                lastOffsets.getOrDefault(partition, Map.of()).get(producerId);
        if (ofProducer == null) {
            return false;
        }
        Map.Entry<Long, Long> before = ofProducer.floorEntry(offset);
        return before != null && offset <= before.getValue();
    }

    @Override
    public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
        return new ConstantScoreWeight(this, boost) {
            @Override
            public @Nullable ScorerSupplier scorerSupplier(LeafReaderContext context)
                    throws IOException {
                LeafReader leaf = context.reader();
                NumericDocValues producers = leaf.getNumericDocValues(RecordMapping.PRODUCER_ID);
                NumericDocValues partitions = leaf.getNumericDocValues(RecordMapping.PARTITION);
                NumericDocValues offsets = leaf.getNumericDocValues(RecordMapping.OFFSET);
                if (producers == null || partitions == null || offsets == null) {
                    return null;
                }
                return new DefaultScorerSupplier(
                        new ConstantScoreScorer(
                                score(), mode, within(producers, partitions, offsets)));
            }

            @Override
            public boolean isCacheable(LeafReaderContext context) {
                return false; // the list of transactions is too large a key
            }
        };
    }

    private TwoPhaseIterator within(
            NumericDocValues producers, NumericDocValues partitions, NumericDocValues offsets) {
        return new TwoPhaseIterator(producers) {
            @Override
            public boolean matches() throws IOException {
                int document = approximation().docID();
                return partitions.advanceExact(document)
                        && offsets.advanceExact(document)
                        && isAborted(
                                (int) partitions.longValue(),
                                producers.longValue(),
                                offsets.longValue());
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
        return "aborted:" + aborted;
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
                && other instanceof AbortedQuery that
                && aborted.equals(that.aborted);
    }

    @Override
    public int hashCode() {
        return 31 * classHash() + aborted.hashCode();
    }
}
