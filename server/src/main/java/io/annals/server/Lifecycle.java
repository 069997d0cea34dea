package io.annals.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts of a node that were started, in order; closes them in reverse order, each within a
/// time bound, and goes on whatever one of them does. Confined to one thread at a time.
final class Lifecycle {
    private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);

    private final Duration bound;
    private final Deque<Part> parts = new ArrayDeque<>();

    /// @param bound for closing each part
    Lifecycle(Duration bound) {
        this.bound = bound;
    }

    <T extends AutoCloseable> T started(String name, T part) {
        parts.push(new Part(name, part));
        return part;
    }

    /// @throws IOException if a part failed to close, or did not in time; the others are closed
    void close() throws IOException {
        IOException failures = new IOException("some parts did not close");
        while (!parts.isEmpty()) {
            Part part = parts.pop();
            try {
                close(part);
                log.debug("closed {}", part.name());
            } catch (IOException e) {
                failures.addSuppressed(e);
            }
        }
        if (failures.getSuppressed().length > 0) {
            throw failures;
        }
    }

    private void close(Part part) throws IOException {
        FutureTask<Void> closing =
                new FutureTask<>(() -> {
                    part.closeable().close();
                    return null;
                });
        Thread.ofPlatform().name("close-" + part.name()).daemon().start(closing);
        try {
            closing.get(bound.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            throw new IOException("%s did not close within %s".formatted(part.name(), bound));
        } catch (ExecutionException e) {
            throw new IOException(part.name() + " failed to close", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while closing " + part.name(), e);
        }
    }

    private record Part(String name, AutoCloseable closeable) {}
}
