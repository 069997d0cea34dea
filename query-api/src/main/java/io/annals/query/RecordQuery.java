package io.annals.query;

import java.util.OptionalLong;
import org.apache.kafka.common.IsolationLevel;

/// Which records to decode.
///
/// @param fromOffset the first offset wanted
/// @param maxRecords at most this many
/// @param maxBytes stops after the record that reaches this many bytes of keys, values and headers
/// @param asOfMs ignores everything appended after this ingest time
/// @param isolation whether records of open and aborted transactions are among them
public record RecordQuery(
        long fromOffset,
        int maxRecords,
        int maxBytes,
        OptionalLong asOfMs,
        IsolationLevel isolation) {

    /// Everything, committed or not.
    public RecordQuery(long fromOffset, int maxRecords, int maxBytes, OptionalLong asOfMs) {
        this(fromOffset, maxRecords, maxBytes, asOfMs, IsolationLevel.READ_UNCOMMITTED);
    }
}
