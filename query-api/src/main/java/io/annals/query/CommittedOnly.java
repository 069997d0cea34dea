package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.SearchableView.OffsetRange;
import io.annals.wal.AbortedTransaction;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;

/// Leaves records of aborted transactions out of a search. An index without a transactional record
/// costs one look at its fields; only for others the log is asked what was aborted in the offsets
/// that the index answers for (ADR 0052).
///
/// @param topics ids by name
record CommittedOnly(
        TieredLog log, FieldQueries fields, IsolationLevel isolation, Map<String, Uuid> topics) {

    /// `query`, restricted to what is committed of what `unit` answers for. The unit ends below the
    /// last stable offset.
    Query filtered(Query query, SearchUnit unit, IndexReader reader) throws IOException {
        if (isolation == IsolationLevel.READ_UNCOMMITTED || !fields.hasTransactions(reader)) {
            return query;
        }
        Map<Integer, List<AbortedTransaction>> aborted = new HashMap<>();
        for (Map.Entry<Integer, OffsetRange> visible : unit.visible().entrySet()) {
            TopicIdPartition partition =
                    new TopicIdPartition(
                            topics.getOrDefault(unit.topic(), Uuid.ZERO_UUID),
                            visible.getKey(),
                            unit.topic());
            OffsetRange range = visible.getValue();
            List<AbortedTransaction> within =
                    log.abortedTransactions(partition, range.from(), range.to());
            if (!within.isEmpty()) {
                aborted.put(visible.getKey(), within);
            }
        }
        return aborted.isEmpty()
                ? query
                : new BooleanQuery.Builder()
                        .add(query, Occur.MUST)
                        .add(fields.aborted(aborted), Occur.MUST_NOT)
                        .build();
    }
}
