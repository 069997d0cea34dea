package io.annals.benchmarks.e2e;

import java.util.Arrays;

/// Latencies of many threads: the last [#KEPT] of them, and quantiles. Adding is thread-safe.
final class Latencies {
    private static final int KEPT = 1 << 20;

    private final long[] nanos = new long[KEPT];
    private final java.util.concurrent.atomic.AtomicLong count =
            new java.util.concurrent.atomic.AtomicLong();

    void add(long latencyNanos) {
        nanos[(int) (count.getAndIncrement() % KEPT)] = latencyNanos;
    }

    /// The `q` quantile, `q` in [0, 1), milliseconds; 0 if there is none.
    double ms(double q) {
        int kept = (int) Math.min(count.get(), KEPT);
        if (kept == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, kept);
        Arrays.sort(sorted);
        return sorted[(int) (kept * q)] / 1e6;
    }
}
