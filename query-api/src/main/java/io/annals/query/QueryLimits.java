package io.annals.query;

/// Bounds of one query, so that no query string can cost more than its caller may spend. Each is
/// answered with a [RefusedException] that names it.
///
/// @param maxLength characters of the query string
/// @param maxClauses terms, phrases, patterns and ranges together
/// @param maxDepth groups and negations inside each other
/// @param maxPatternLength characters of one wildcard or regular expression
/// @param maxDeterminizeWork Lucene's measure of the work to build one automaton
/// @param maxFuzzyExpansions terms that one fuzzy term stands for at most
public record QueryLimits(
        int maxLength,
        int maxClauses,
        int maxDepth,
        int maxPatternLength,
        int maxDeterminizeWork,
        int maxFuzzyExpansions) {

    public static final QueryLimits DEFAULT = new QueryLimits(8_192, 256, 32, 256, 10_000, 50);
}
