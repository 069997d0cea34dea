package io.annals.query;

/// In which order hits are returned. Ties are broken by topic, partition and offset, so that each
/// order is total.
public enum SearchOrder {
    /// By event time, largest first.
    NEWEST,
    /// The exact reverse of [#NEWEST].
    OLDEST,
    /// By relevance, then as [#NEWEST].
    SCORE
}
