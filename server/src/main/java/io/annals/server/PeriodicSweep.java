package io.annals.server;

import io.annals.archive.ArchiveFinding;
import io.annals.archive.ArchiveSweeper;
import io.annals.registry.CorruptRegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Sweeps the object store every so often, on a thread of its own, until closed.
final class PeriodicSweep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PeriodicSweep.class);

    private final ArchiveSweeper sweeper;
    private final Duration interval;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private PeriodicSweep(ArchiveSweeper sweeper, Duration interval) {
        this.sweeper = sweeper;
        this.interval = interval;
        this.thread = Thread.ofPlatform().name("sweeper").daemon().unstarted(this::run);
    }

    static PeriodicSweep start(ArchiveSweeper sweeper, Duration interval) {
        PeriodicSweep sweep = new PeriodicSweep(sweeper, interval);
        sweep.thread.start();
        return sweep;
    }

    private void run() {
        try {
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                sweep();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void sweep() {
        try {
            ArchiveSweeper.Report report = sweeper.sweep();
            log.info(
                    "swept {} objects, {} unfinished uploads, {} left over",
                    report.deleted().size(),
                    report.uploads(),
                    report.kept().size());
            for (ArchiveFinding kept : report.kept()) {
                log.atLevel(kept.isProblem() ? Level.WARN : Level.DEBUG)
                        .log("left over: {}: {}", kept.key(), kept.detail());
            }
        } catch (IOException | CorruptRegistryException e) {
            log.warn("the sweep failed and will be tried again", e);
        }
    }

    /// Waits for a sweep that is under way.
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
