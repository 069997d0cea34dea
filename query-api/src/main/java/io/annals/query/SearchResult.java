package io.annals.query;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// The answer to a search.
///
/// @param hits of this page, in the order asked for
/// @param cursor for the following page, empty if this is the last one or if time ran out
public record SearchResult(
        List<Hit> hits, Total total, Coverage coverage, Optional<String> cursor) {

    public SearchResult {
        hits = List.copyOf(hits);
    }

    /// One record that matches.
    ///
    /// @param record with offset, both times, key, value and headers
    /// @param score present if the order is by score
    /// @param highlight fragments of `key` and `value` in which the words found are marked
    public record Hit(
            String topic,
            int partition,
            LogRecord record,
            OptionalDouble score,
            Map<String, List<String>> highlight) {}

    /// @param exact false if there may be more, because time ran out
    public record Total(long value, boolean exact) {}
}
