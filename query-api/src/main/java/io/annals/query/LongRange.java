package io.annals.query;

/// Numbers `[from, to)`; empty if `to` is not larger than `from`. `Long.MAX_VALUE` as the end
/// leaves it open.
record LongRange(long from, long to) {
    static final LongRange ALL = new LongRange(Long.MIN_VALUE, Long.MAX_VALUE);

    static LongRange of(long value) {
        return new LongRange(value, after(value));
    }

    /// The number after `value`, without overflow.
    static long after(long value) {
        return value == Long.MAX_VALUE ? value : value + 1;
    }

    boolean isAll() {
        return from == Long.MIN_VALUE && to == Long.MAX_VALUE;
    }

    boolean isEmpty() {
        return from >= to;
    }

    LongRange intersect(LongRange other) {
        return new LongRange(Math.max(from, other.from), Math.min(to, other.to));
    }

    /// Whether any number of `[min, max]` lies in it.
    boolean touches(long min, long max) {
        return min < to && max >= from;
    }

    /// Whether all numbers of `[min, max]` lie in it.
    boolean holds(long min, long max) {
        return min >= from && (max < to || to == Long.MAX_VALUE);
    }
}
