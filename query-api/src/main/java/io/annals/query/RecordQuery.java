package io.annals.query;

import java.util.OptionalLong;

/// Which records to decode.
///
/// @param fromOffset the first offset wanted
/// @param maxRecords at most this many
/// @param maxBytes stops after the record that reaches this many bytes of keys, values and headers
/// @param asOfMs ignores everything appended after this ingest time
public record RecordQuery(long fromOffset, int maxRecords, int maxBytes, OptionalLong asOfMs) {}
