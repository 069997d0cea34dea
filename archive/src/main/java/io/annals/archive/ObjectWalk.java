package io.annals.archive;

import io.annals.archive.ObjectStore.ObjectInfo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Visits objects in parallel while they are listed, and tells how far it is. The listing waits for
/// the visits: memory does not grow with the number of objects. Confined to one thread, which waits
/// for the ones it starts.
final class ObjectWalk {
    /// So many per thread are begun or wait, so that one long visit holds up little.
    static final int AHEAD = 16;

    private final int parallelism;
    private final ArchiveProgress progress;
    private long totalObjects;
    private long doneObjects;
    private long doneBytes;

    ObjectWalk(int parallelism, ArchiveProgress progress) {
        this.parallelism = parallelism;
        this.progress = progress;
    }

    /// Tells of so many objects more that are to be visited, as far as that is known before they
    /// are listed: for progress.
    synchronized void expect(long objects) {
        totalObjects += objects;
    }

    private synchronized void know(long objects) {
        totalObjects = objects;
    }

    /// The objects to visit.
    @FunctionalInterface
    interface Listing {
        void feed(Consumer<ObjectInfo> objects) throws IOException;
    }

    @FunctionalInterface
    interface Visit<R> {
        /// Called on the thread of the walk, in the order of the listing.
        ///
        /// @return the visit itself, which runs on another one
        Supplier<R> of(ObjectInfo object);
    }

    static List<ObjectInfo> list(ObjectStore store, String prefix) throws IOException {
        List<ObjectInfo> objects = new ArrayList<>();
        store.list(prefix, objects::add);
        return objects;
    }

    /// @param results gets what the visits returned, on this thread, in the order of the listing
    <R> void visit(Listing listing, Visit<R> visit, Consumer<R> results) throws IOException {
        long[] listed = {doneObjects()};
        Deque<Future<R>> ahead = new ArrayDeque<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(parallelism)) {
            try {
                listing.feed(object -> {
                    listed[0]++;
                    if (ahead.size() == parallelism * AHEAD) {
                        results.accept(await(ahead.remove()));
                    }
                    Supplier<R> begun = visit.of(object);
                    ahead.add(
                            pool.submit(() -> {
                                R result = begun.get();
                                done(object.sizeBytes());
                                return result;
                            }));
                });
                know(listed[0]);
                while (!ahead.isEmpty()) {
                    results.accept(await(ahead.remove()));
                }
            } catch (InterruptedWalkException e) {
                throw e.getCause();
            } finally {
                pool.shutdownNow();
            }
        }
    }

    private static <R> R await(Future<R> result) {
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedWalkException();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a visit failed", e.getCause());
        }
    }

    private synchronized void done(long bytes) {
        doneObjects++;
        doneBytes += bytes;
        progress.objectDone(doneObjects, Math.max(doneObjects, totalObjects), doneBytes);
    }

    /// Objects visited so far.
    synchronized long doneObjects() {
        return doneObjects;
    }

    /// Sum of their sizes.
    synchronized long doneBytes() {
        return doneBytes;
    }

    /// Goes through a listing, which cannot throw what is checked.
    private static final class InterruptedWalkException extends UncheckedIOException {
        private static final long serialVersionUID = 1;

        InterruptedWalkException() {
            super(new InterruptedIOException("interrupted while walking over the object store"));
        }
    }
}
