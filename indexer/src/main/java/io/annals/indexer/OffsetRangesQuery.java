package io.annals.indexer;

import java.io.IOException;
import java.util.Map;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.TwoPhaseIterator;
import org.jspecify.annotations.Nullable;

/// Records whose offset lies in the range of their partition. Immutable.
final class OffsetRangesQuery extends PartitionRulesQuery<SearchableView.OffsetRange> {
    private static final float COST_OF_A_MATCH = 10;

    OffsetRangesQuery(Map<Integer, SearchableView.OffsetRange> ranges) {
        super("within", ranges);
    }

    @Override
    @Nullable TwoPhaseIterator documents(LeafReader leaf) throws IOException {
        NumericDocValues partitions = leaf.getNumericDocValues(RecordMapping.PARTITION);
        NumericDocValues offsets = leaf.getNumericDocValues(RecordMapping.OFFSET);
        return partitions == null || offsets == null
                ? null
                : inRange(leaf.maxDoc(), partitions, offsets);
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
                SearchableView.OffsetRange range = rules().get((int) partitions.longValue());
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
    boolean isCacheable() {
        return true;
    }
}
