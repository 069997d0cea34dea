package io.annals.query;

import io.annals.archive.ReadDeadline;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Runs blocking work in parallel on virtual threads, at most a fixed number at a time over all
/// callers. Thread-safe.
///
/// Work is never interrupted (that would close file channels that others read through): what misses
/// the deadline notices it by itself, and what it reads of a store far away ends then
/// ([ReadDeadline]).
final class FanOut implements AutoCloseable {
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("search-", 0).factory());
    private final Semaphore permits;

    FanOut(int parallelism) {
        this.permits = new Semaphore(parallelism);
    }

    /// What became of one piece of work.
    sealed interface Outcome<R> {
        record Done<R>(R result) implements Outcome<R> {}

        record Failed<R>(Exception cause) implements Outcome<R> {}

        record TimedOut<R>() implements Outcome<R> {}
    }

    @FunctionalInterface
    interface Work<T, R> {
        R run(T item) throws Exception;
    }

    /// One outcome per item, in the order of the items. Returns soon after the deadline at the
    /// latest.
    <T, R> List<Outcome<R>> run(List<T> items, Work<T, R> work, Deadline deadline) {
        List<Future<Outcome<R>>> futures = new ArrayList<>(items.size());
        for (T item : items) {
            futures.add(threads.submit(() -> runOne(item, work, deadline)));
        }
        List<Outcome<R>> outcomes = new ArrayList<>(items.size());
        for (Future<Outcome<R>> future : futures) {
            outcomes.add(await(future, deadline));
        }
        return outcomes;
    }

    private <T, R> Outcome<R> runOne(T item, Work<T, R> work, Deadline deadline) {
        try {
            if (!permits.tryAcquire(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
                return new Outcome.TimedOut<>();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Outcome.TimedOut<>();
        }
        try {
            return deadline.isOver()
                    ? new Outcome.TimedOut<>()
                    : new Outcome.Done<>(
                            ReadDeadline.until(deadline.endNanos(), () -> work.run(item)));
        } catch (Exception e) {
            // A read that ended with the deadline says nothing about what was to be read.
            return deadline.isOver() ? new Outcome.TimedOut<>() : new Outcome.Failed<>(e);
        } finally {
            permits.release();
        }
    }

    private static <R> Outcome<R> await(Future<Outcome<R>> future, Deadline deadline) {
        try {
            return future.get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | CancellationException _) {
            return new Outcome.TimedOut<>();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Outcome.TimedOut<>();
        } catch (ExecutionException e) {
            throw new IllegalStateException("search work ended in an error", e.getCause());
        }
    }

    /// Ends when running work has ended.
    @Override
    public void close() {
        threads.close();
    }
}
