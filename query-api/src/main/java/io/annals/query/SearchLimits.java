package io.annals.query;

/// Bounds of searching as a whole.
///
/// @param query bounds of one query string
/// @param parallelism indexes and records read at the same time, over all searches
/// @param maxPageBytes keys, values and headers of one page; a page ends early when it is reached
public record SearchLimits(QueryLimits query, int parallelism, long maxPageBytes) {
    public static final SearchLimits DEFAULT =
            new SearchLimits(QueryLimits.DEFAULT, 64, 32L << 20); // 32 MiB
}
