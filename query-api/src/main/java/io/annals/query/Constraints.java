package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.RecordMapping;
import io.annals.registry.Extent;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;

/// What every hit must satisfy, as far as it is known without an index: prunes splits before any
/// I/O. Immutable.
record Constraints(
        LongRange partition, LongRange offset, LongRange timestamp, LongRange ingestTime) {
    static final Constraints NONE =
            new Constraints(LongRange.ALL, LongRange.ALL, LongRange.ALL, LongRange.ALL);

    Constraints and(Constraints other) {
        return new Constraints(
                partition.intersect(other.partition),
                offset.intersect(other.offset),
                timestamp.intersect(other.timestamp),
                ingestTime.intersect(other.ingestTime));
    }

    Constraints withTimestamp(LongRange range) {
        return new Constraints(partition, offset, timestamp.intersect(range), ingestTime);
    }

    Constraints withIngestTime(LongRange range) {
        return new Constraints(partition, offset, timestamp, ingestTime.intersect(range));
    }

    /// `query`, restricted to what `unit` answers for and to these constraints, as far as they do
    /// not hold for all of it anyway.
    Query filtered(Query query, SearchUnit unit, FieldQueries fields) {
        BooleanQuery.Builder builder = new BooleanQuery.Builder();
        builder.add(query, Occur.MUST);
        SearchUnit.Filters filters = unit.filters();
        if (filters.offsets()) {
            builder.add(fields.within(unit.visible()), Occur.FILTER);
        }
        if (filters.timestamp() && !timestamp.isAll()) {
            builder.add(
                    fields.longs(RecordMapping.TIMESTAMP, timestamp.from(), timestamp.to()),
                    Occur.FILTER);
        }
        if (filters.ingestTime() && !ingestTime.isAll()) {
            builder.add(
                    fields.longs(RecordMapping.INGEST_TIME, ingestTime.from(), ingestTime.to()),
                    Occur.FILTER);
        }
        BooleanQuery filtered = builder.build();
        return filtered.clauses().size() == 1 ? query : filtered;
    }

    /// Whether what is stored there of a partition can hold a hit.
    boolean touches(Extent extent) {
        return partition.touches(extent.partition(), extent.partition())
                && offset.touches(extent.baseOffset(), extent.endOffset() - 1)
                && timestamp.touches(extent.minTimestampMs(), extent.maxTimestampMs())
                && ingestTime.touches(extent.minIngestTimeMs(), extent.maxIngestTimeMs());
    }
}
