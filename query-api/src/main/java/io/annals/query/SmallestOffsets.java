package io.annals.query;

import java.util.Arrays;

/// Keeps the smallest of the numbers it is given, in any order, up to a bound. Confined to one
/// thread.
final class SmallestOffsets {
    private static final int FIRST_CAPACITY = 256;

    private final int bound;
    private long[] kept;
    private int count;
    private long limit = Long.MAX_VALUE;

    SmallestOffsets(int bound) {
        this.bound = bound;
        this.kept = new long[Math.min(FIRST_CAPACITY, 2 * bound)];
    }

    void add(long offset) {
        if (offset >= limit) {
            return;
        }
        if (count == 2 * bound) {
            shrink();
            if (offset >= limit) {
                return;
            }
        }
        if (count == kept.length) {
            kept = Arrays.copyOf(kept, Math.min(2 * kept.length, 2 * bound));
        }
        kept[count++] = offset;
    }

    private void shrink() {
        Arrays.sort(kept, 0, count);
        limit = kept[bound];
        count = bound;
    }

    /// Whether some were left out; all that were are at or above [#limit].
    boolean isTruncated() {
        return limit != Long.MAX_VALUE;
    }

    long limit() {
        return limit;
    }

    /// Ascending. To be called once, at the end.
    long[] sorted() {
        if (count > bound) {
            shrink();
        }
        Arrays.sort(kept, 0, count);
        return Arrays.copyOf(kept, count);
    }
}
