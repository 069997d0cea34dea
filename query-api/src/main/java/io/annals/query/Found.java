package io.annals.query;

import java.util.List;

/// What one index holds of a page.
///
/// @param hits best first, at most as many as were asked for
/// @param count all matches, 0 if they were not to be counted
/// @param complete false if time ran out
record Found(List<Hit> hits, long count, boolean complete) {

    /// Where it stands in the order of the page.
    record Hit(SortKey key) {}
}
