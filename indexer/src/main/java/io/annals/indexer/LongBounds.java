package io.annals.indexer;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What people write as a bound for a doc-values field: an integer, or for times ISO-8601.
/// Stateless.
final class LongBounds {
    private LongBounds() {}

    /// @return null if the text is neither, or a fraction
    static @Nullable Long parse(String field, String text) {
        boolean time =
                field.equals(RecordMapping.TIMESTAMP) || field.equals(RecordMapping.INGEST_TIME);
        byte[] utf8 = TermCode.utf8(text);
        Instant instant = time ? InstantText.parse(utf8, 0, utf8.length) : null;
        if (instant != null) {
            return instant.toEpochMilli();
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            return null;
        }
    }

    /// @return null if a bound cannot be parsed
    static @Nullable Range range(
            String field,
            @Nullable String lower,
            boolean includeLower,
            @Nullable String upper,
            boolean includeUpper) {
        Long from = lower == null ? Long.valueOf(Long.MIN_VALUE) : parse(field, lower);
        Long to = upper == null ? Long.valueOf(Long.MAX_VALUE) : parse(field, upper);
        if (from == null || to == null) {
            return null;
        }
        long first = lower == null || includeLower ? from : next(from);
        long end = upper == null || !includeUpper ? to : next(to);
        return new Range(first, end);
    }

    private static long next(long value) {
        return value == Long.MAX_VALUE ? value : value + 1;
    }

    /// Values `[from, to)`.
    record Range(long from, long to) {}
}
