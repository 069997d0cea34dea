package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/// Waits for what a server does in the background.
final class Eventually {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_MS = 50;

    private Eventually() {}

    static void eventually(Callable<Boolean> condition) throws Exception {
        eventually(PATIENCE, () -> "patience", condition);
    }

    /// @param description of a failure
    static void eventually(
            Duration patience, Supplier<String> description, Callable<Boolean> condition)
            throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).describedAs(description).isLessThan(deadline);
            Thread.sleep(POLL_MS);
        }
    }
}
