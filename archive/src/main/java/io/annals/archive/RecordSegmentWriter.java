package io.annals.archive;

/// Makes the record segment of one topic out of sealed WAL segments.
public final class RecordSegmentWriter {
    private RecordSegmentWriter() {}
}
