package io.annals.indexer;

/// A query that would take more than its bounds allow (expansions, automaton size, nesting), or a
/// pattern that cannot be parsed. The message says what is allowed; map it to a 400.
public final class QueryTooComplexException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public QueryTooComplexException(String message) {
        super(message);
    }
}
