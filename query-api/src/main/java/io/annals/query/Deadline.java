package io.annals.query;

import java.time.Duration;

/// A point in time by which work must end. Immutable.
final class Deadline {
    private final long startNanos;
    private final long endNanos;

    private Deadline(long startNanos, long endNanos) {
        this.startNanos = startNanos;
        this.endNanos = endNanos;
    }

    static Deadline after(Duration timeout) {
        long now = System.nanoTime();
        return new Deadline(now, now + timeout.toNanos());
    }

    /// This deadline, or `grace` from now if that is later.
    Deadline orAtLeast(Duration grace) {
        long end = System.nanoTime() + grace.toNanos();
        return end - endNanos > 0 ? new Deadline(startNanos, end) : this;
    }

    boolean isOver() {
        return remainingNanos() <= 0;
    }

    /// Zero or less when it is over.
    long remainingNanos() {
        return endNanos - System.nanoTime();
    }

    Duration remaining() {
        return Duration.ofNanos(Math.max(0, remainingNanos()));
    }

    /// As [System#nanoTime] counts.
    long endNanos() {
        return endNanos;
    }

    long elapsedMs() {
        return (System.nanoTime() - startNanos) / 1_000_000;
    }
}
