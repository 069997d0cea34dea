package io.annals.indexer;

/// Field names of the one mapping that hot and warm indexes share.
public final class RecordMapping {
    /// Long doc values, one per document.
    public static final String PARTITION = "_partition";

    public static final String OFFSET = "_offset";

    /// Event time, ms since the epoch; the index sort, descending.
    public static final String TIMESTAMP = "_timestamp";

    public static final String INGEST_TIME = "_ingest_time";

    /// Key as keyword (UTF-8, or base64 if it is not) and as text.
    public static final String KEY = "_key";

    /// Full text of the value.
    public static final String VALUE = "_value";

    /// Prefix of header fields: `_headers.<name>`.
    public static final String HEADERS = "_headers.";

    private RecordMapping() {}
}
