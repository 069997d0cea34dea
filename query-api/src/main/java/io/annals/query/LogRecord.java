package io.annals.query;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One record, decoded and copied out of its batch.
///
/// @param timestampMs event time
/// @param ingestTimeMs server wall clock at the append
public record LogRecord(
        long offset,
        long timestampMs,
        long ingestTimeMs,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<Header> headers) {

    public LogRecord {
        headers = List.copyOf(headers);
    }

    /// Bytes of key, value and headers.
    long sizeBytes() {
        long sum = length(key) + length(value);
        for (Header header : headers) {
            sum += header.name().length() + length(header.value());
        }
        return sum;
    }

    private static long length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /// @param value null is allowed and not the same as empty
    public record Header(String name, byte @Nullable [] value) {}
}
