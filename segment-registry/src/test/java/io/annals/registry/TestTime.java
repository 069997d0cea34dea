package io.annals.registry;

import java.time.Duration;

/// Time that passes when somebody sleeps or a test says so. Not thread-safe.
final class TestTime implements LeaseTime {
    private long nanos;
    private Runnable afterSleep = () -> {};

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    /// Runs after each sleep, as others do meanwhile.
    void afterSleep(Runnable step) {
        afterSleep = step;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long millis() {
        return 1_700_000_000_000L + nanos / 1_000_000;
    }

    @Override
    public void sleep(long millis) {
        pass(Duration.ofMillis(millis));
        afterSleep.run();
    }
}
