package io.annals.indexer;

import java.io.IOException;
import java.util.Map;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
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

/// Records that pass the rule of their partition, for any number of partitions: asks the doc values
/// of each document that the rest of the query accepts. Two of one class are equal if their rules
/// are. Immutable.
///
/// @param <R> the rule of one partition
abstract class PartitionRulesQuery<R> extends Query {
    private final String name;
    private final Map<Integer, R> rules;

    /// @param name for people who read a query
    PartitionRulesQuery(String name, Map<Integer, R> rules) {
        this.name = name;
        this.rules = Map.copyOf(rules);
    }

    /// By partition.
    final Map<Integer, R> rules() {
        return rules;
    }

    /// The documents of one leaf; null if it has none.
    abstract @Nullable TwoPhaseIterator documents(LeafReader leaf) throws IOException;

    /// Whether Lucene may keep what matched, with this query as the key.
    abstract boolean isCacheable();

    @Override
    public final Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
        return new ConstantScoreWeight(this, boost) {
            @Override
            public @Nullable ScorerSupplier scorerSupplier(LeafReaderContext context)
                    throws IOException {
                TwoPhaseIterator documents = documents(context.reader());
                return documents == null
                        ? null
                        : new DefaultScorerSupplier(
                                new ConstantScoreScorer(score(), mode, documents));
            }

            @Override
            public boolean isCacheable(LeafReaderContext context) {
                return PartitionRulesQuery.this.isCacheable();
            }
        };
    }

    @Override
    public final void visit(QueryVisitor visitor) {
        visitor.visitLeaf(this);
    }

    @Override
    public final String toString(String field) {
        return name + ":" + rules;
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return sameClassAs(other)
                && other instanceof PartitionRulesQuery<?> that
                && rules.equals(that.rules);
    }

    @Override
    public final int hashCode() {
        return 31 * classHash() + rules.hashCode();
    }
}
