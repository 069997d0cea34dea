package io.annals.query;

import java.util.List;

/// What one index holds of a page.
///
/// @param hits best first, at most as many as were asked for
/// @param count all matches, 0 if they were not to be counted
/// @param complete false if time ran out
record Found(List<Hit> hits, long count, boolean complete) {

    /// @param ingestTimeMs server wall clock at the append
    record Hit(SortKey key, long ingestTimeMs) {}
}
