package io.annals.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Reads many things of the store in order, a bounded number of them at the same time. No state.
final class ReadAhead {
    private static final int AT_ONCE = 16;

    private ReadAhead() {}

    @FunctionalInterface
    interface Reading<T, R> {
        R read(T what) throws IOException;
    }

    /// @param reading called on other threads
    /// @param consumer called on this one, in the order of `what`
    static <T, R> void each(Iterable<T> what, Reading<T, R> reading, Consumer<R> consumer)
            throws IOException {
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            Deque<Future<R>> ahead = new ArrayDeque<>();
            Iterator<T> next = what.iterator();
            while (next.hasNext() || !ahead.isEmpty()) {
                while (next.hasNext() && ahead.size() < AT_ONCE) {
                    T one = next.next();
                    ahead.add(readers.submit(() -> reading.read(one)));
                }
                consumer.accept(await(ahead.remove(), readers));
            }
        }
    }

    private static <R> R await(Future<R> result, ExecutorService readers) throws IOException {
        try {
            return result.get();
        } catch (InterruptedException e) {
            readers.shutdownNow();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading the registry");
        } catch (ExecutionException e) {
            readers.shutdownNow();
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
