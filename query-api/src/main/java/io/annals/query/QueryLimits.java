package io.annals.query;

/// Bounds of one query, so that no query string can cost more than its caller may spend. Each is
/// answered with a [RefusedException] that names it. What patterns may cost in an index is bounded
/// by [io.annals.indexer.QueryBounds].
///
/// @param maxLength characters of the query string
/// @param maxClauses terms, phrases, patterns and ranges together
/// @param maxDepth groups and negations inside each other
/// @param maxPatternLength characters of one wildcard or regular expression
public record QueryLimits(int maxLength, int maxClauses, int maxDepth, int maxPatternLength) {

    public static final QueryLimits DEFAULT = new QueryLimits(8_192, 256, 32, 256);
}
