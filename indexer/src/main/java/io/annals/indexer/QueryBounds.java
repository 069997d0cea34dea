package io.annals.indexer;

/// What one clause of a query may cost.
///
/// @param maxExpansions terms of one index that a prefix, wildcard, fuzzy, regexp or range may
///   match
/// @param maxPatternLength characters of a wildcard or regexp
/// @param maxDeterminizeWork effort of turning a pattern into an automaton (Lucene's measure)
public record QueryBounds(int maxExpansions, int maxPatternLength, int maxDeterminizeWork) {
    public static final QueryBounds DEFAULT = new QueryBounds(1_000_000, 1_000, 20_000);

    public QueryBounds {
        if (maxExpansions < 1 || maxPatternLength < 1 || maxDeterminizeWork < 1) {
            throw new IllegalArgumentException("bounds must be positive: " + maxExpansions);
        }
    }
}
