package io.annals.archive;

import java.time.Duration;
import java.util.Optional;

/// By when whoever reads has no use for the bytes any more. It holds for the thread that does the
/// work it is given with; a read from a store that is far away then ends as a failure, tries and
/// pauses between them included. Without one, the store's own timeouts hold.
///
/// No state. What others wait for, too, they read again on their own.
public final class ReadDeadline {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final ScopedValue<Long> END_NANOS = ScopedValue.newInstance();

    private ReadDeadline() {}

    /// Runs work that ends by then as far as it reads.
    ///
    /// @param endNanos as [System#nanoTime] counts
    public static <R, X extends Throwable> R until(long endNanos, ScopedValue.CallableOp<R, X> work)
            throws X {
        return ScopedValue.where(END_NANOS, endNanos).call(work);
    }

    /// What is left of it, more than nothing; empty if there is none.
    public static Optional<Duration> left() {
        if (!END_NANOS.isBound()) {
            return Optional.empty();
        }
        Duration left = Duration.ofNanos(END_NANOS.get() - System.nanoTime());
        return Optional.of(left.compareTo(SHORTEST) < 0 ? SHORTEST : left);
    }
}
