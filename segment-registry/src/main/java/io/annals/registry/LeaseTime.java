package io.annals.registry;

import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/// The time of leases: how long something took, by a clock that nobody sets; and the wall clock,
/// for people only.
public interface LeaseTime {

    /// Nanoseconds since an arbitrary moment.
    long nanos();

    /// Wall clock, milliseconds.
    long millis();

    void sleep(long millis) throws InterruptedException;

    /// That of this machine.
    static LeaseTime of(InstantSource wall) {
        return new LeaseTime() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long millis() {
                return wall.millis();
            }

            @Override
            public void sleep(long millis) throws InterruptedException {
                TimeUnit.MILLISECONDS.sleep(millis);
            }
        };
    }
}
