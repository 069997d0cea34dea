package io.annals.indexer;

import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;

/// The one mapping that hot and warm indexes share: names of what can be asked for.
///
/// Callers name fields as people do: one of the names below, `_headers.<name>`, or the dotted path
/// of a JSON leaf (`user.id`). How a field becomes Lucene terms is known to [FieldQueries] and
/// `DocumentWriter` only, except for the four numeric doc-values fields, which may be read
/// directly.
///
/// A JSON path that begins like one of our own names is reached with the prefix `_value.`.
public final class RecordMapping {
    /// Version of fields and encodings; an index of another version must not be queried with this
    /// code.
    public static final int VERSION = 1;

    /// Version of the rules that cut text into words.
    public static final int ANALYZER_VERSION = 1;

    /// Long doc values, one per document.
    public static final String PARTITION = "_partition";

    /// Long doc values, one per document.
    public static final String OFFSET = "_offset";

    /// Event time, ms since the epoch; long doc values and the index sort, descending.
    public static final String TIMESTAMP = "_timestamp";

    /// Ingest time, ms since the epoch; long doc values.
    public static final String INGEST_TIME = "_ingest_time";

    /// Producer id, only of records that were sent in a transaction; long doc values. An index
    /// without such a record does not have the field.
    public static final String PRODUCER_ID = "_producer_id";

    /// Key as keyword (exact bytes) and as text.
    public static final String KEY = "_key";

    /// Full text of the value: all leaves of a JSON value, else the value's words.
    public static final String VALUE = "_value";

    /// Prefix of header fields: `_headers.<name>`.
    public static final String HEADERS = "_headers.";

    /// Every text of the record: value, key and headers. What a bare word is searched in.
    public static final String ALL = "";

    private RecordMapping() {}

    /// Newest first: the order in which every index keeps its documents, so that a search in this
    /// order (or by a prefix of it) ends early.
    public static Sort newestFirst() {
        return new Sort(
                new SortField(TIMESTAMP, SortField.Type.LONG, true),
                new SortField(PARTITION, SortField.Type.LONG),
                new SortField(OFFSET, SortField.Type.LONG, true));
    }
}
