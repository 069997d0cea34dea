package io.annals.archive;

import io.annals.archive.ObjectStore.ObjectInfo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Visits objects in parallel under a bound and tells how far it is. Confined to one thread, which
/// waits for the ones it starts.
final class ObjectWalk {
    private final int parallelism;
    private final ArchiveProgress progress;
    private long totalObjects;
    private long doneObjects;
    private long doneBytes;

    ObjectWalk(int parallelism, ArchiveProgress progress) {
        this.parallelism = parallelism;
        this.progress = progress;
    }

    @FunctionalInterface
    interface Visit<R> {
        R object(ObjectInfo object);
    }

    static List<ObjectInfo> list(ObjectStore store, String prefix) throws IOException {
        List<ObjectInfo> objects = new ArrayList<>();
        store.list(prefix, objects::add);
        return objects;
    }

    /// @return what the visits returned, in the order of the objects
    <R> List<R> visit(List<ObjectInfo> objects, Visit<R> visit) throws IOException {
        synchronized (this) {
            totalObjects += objects.size();
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(parallelism)) {
            List<Future<R>> results = new ArrayList<>(objects.size());
            for (ObjectInfo object : objects) {
                results.add(
                        pool.submit(() -> {
                            R result = visit.object(object);
                            done(object.sizeBytes());
                            return result;
                        }));
            }
            return await(pool, results);
        }
    }

    private static <R> List<R> await(ExecutorService pool, List<Future<R>> results)
            throws IOException {
        List<R> found = new ArrayList<>(results.size());
        try {
            for (Future<R> result : results) {
                found.add(result.get());
            }
            return found;
        } catch (InterruptedException e) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while walking over the object store");
        } catch (ExecutionException e) {
            pool.shutdownNow();
            throw new IllegalStateException("a visit failed", e.getCause());
        }
    }

    private synchronized void done(long bytes) {
        doneObjects++;
        doneBytes += bytes;
        progress.objectDone(doneObjects, totalObjects, doneBytes);
    }
}
