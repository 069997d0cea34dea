package io.annals.indexer;

import java.util.Map;
import org.apache.lucene.index.IndexReader;

/// A leased index reader and what it covers. Close it when the search is done.
public interface SearchableView extends AutoCloseable {

    /// Each leaf is sorted by [RecordMapping#newestFirst]. May hold documents outside of [#ranges]:
    /// add [FieldQueries#within] to the query.
    IndexReader reader();

    /// Per partition the offsets `[from, to)` that this index covers.
    Map<Integer, OffsetRange> ranges();

    @Override
    void close();

    /// Offsets `[from, to)`.
    record OffsetRange(long from, long to) {}
}
