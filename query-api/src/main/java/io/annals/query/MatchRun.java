package io.annals.query;

import java.util.Arrays;

/// All offsets in `[from, to)` of one partition whose records match a query, ascending. Immutable.
record MatchRun(long from, long to, long[] offsets) {

    static MatchRun nothing(long at) {
        return new MatchRun(at, at, new long[0]);
    }

    boolean covers(long offset) {
        return offset >= from && offset < to;
    }

    /// The matches at and above `offset`, not to be changed.
    long[] startingAt(long offset) {
        int found = Arrays.binarySearch(offsets, offset);
        int first = found >= 0 ? found : -found - 1;
        return first == 0 ? offsets : Arrays.copyOfRange(offsets, first, offsets.length);
    }
}
