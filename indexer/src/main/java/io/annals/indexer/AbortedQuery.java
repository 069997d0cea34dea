package io.annals.indexer;

import io.annals.wal.AbortedTransaction;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.TwoPhaseIterator;
import org.jspecify.annotations.Nullable;

/// Records of aborted transactions: those that were sent in a transaction, by the producer and
/// within the offsets of one that was aborted. Looks only at documents that have a producer id, and
/// as a clause that excludes only at those which the rest of the query accepts. Immutable.
final class AbortedQuery extends PartitionRulesQuery<List<AbortedTransaction>> {
    private static final float COST_OF_A_MATCH = 20;

    /// By partition, producer and first offset the last offset: transactions of one producer in one
    /// partition follow each other.
    private final Map<Integer, Map<Long, TreeMap<Long, Long>>> lastOffsets = new HashMap<>();

    AbortedQuery(Map<Integer, List<AbortedTransaction>> aborted) {
        super("aborted", aborted);
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
    @Nullable TwoPhaseIterator documents(LeafReader leaf) throws IOException {
        NumericDocValues producers = leaf.getNumericDocValues(RecordMapping.PRODUCER_ID);
        NumericDocValues partitions = leaf.getNumericDocValues(RecordMapping.PARTITION);
        NumericDocValues offsets = leaf.getNumericDocValues(RecordMapping.OFFSET);
        return producers == null || partitions == null || offsets == null
                ? null
                : within(producers, partitions, offsets);
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
    boolean isCacheable() {
        return false; // the list of transactions is too large a key
    }
}
