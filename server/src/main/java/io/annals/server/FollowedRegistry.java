package io.annals.server;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.RecordSegments;
import io.annals.registry.CorruptRegistryException;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.OpenTransaction;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The registry of a read replica: follows what another server commits.
///
/// A generation is shown when it is known which transactions are open at the end of each partition,
/// so that readers of committed records never see what is undecided. Until then, and while the
/// store cannot be read, the one before stays. Thread-safe; one thread follows.
final class FollowedRegistry implements Registry, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FollowedRegistry.class);
    private static final int READS_AT_ONCE = 16;

    private final DurableRegistry source;
    private final RecordSegments segments;
    private final InstantSource clock;
    private final Duration poll;
    private final ArchivedLog archivedLog;
    private final List<Consumer<RegistrySnapshot>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    private final List<Step> afterwards = new CopyOnWriteArrayList<>();

    /// What the last segment of each partition tells.
    private Map<ArchivedLog.Partition, Known> known = new HashMap<>();

    /// Looks at the archive: how many began, and the last one that ended well.
    private final AtomicLong begun = new AtomicLong();

    private long looked;

    private volatile RegistrySnapshot shown;
    private volatile long followedAtMs;
    private volatile Optional<String> problem = Optional.empty();

    /// Something else that follows the archive; may block.
    @FunctionalInterface
    interface Step {
        void run() throws IOException;
    }

    /// @param open transactions at the segment's end, the first of them first
    private record Known(String segmentId, List<OpenTransaction> open) {}

    /// Shows the newest generation; following begins with [#start].
    FollowedRegistry(
            DurableRegistry source, RecordSegments segments, InstantSource clock, Duration poll)
            throws IOException {
        this.source = source;
        this.segments = segments;
        this.clock = clock;
        this.poll = poll;
        ArchivedLog.State state = readable(source.snapshot());
        this.shown = state.snapshot();
        this.archivedLog = new ArchivedLog(state);
        this.followedAtMs = clock.millis();
        this.thread = Thread.ofPlatform().name("replica-follow").daemon().unstarted(this::run);
    }

    /// Follows from now on.
    ///
    /// @param steps run now and after each look at the archive
    /// @throws IOException if one of them fails now; later on it is tried again
    void start(List<Step> steps) throws IOException {
        afterwards.addAll(steps);
        runAfterwards();
        thread.start();
    }

    private void runAfterwards() throws IOException {
        for (Step step : afterwards) {
            step.run();
        }
    }

    /// Ends where this registry's generation ends.
    ArchivedLog archivedLog() {
        return archivedLog;
    }

    @Override
    public RegistrySnapshot snapshot() {
        return shown;
    }

    @Override
    public Optional<RegistrySnapshot> snapshot(long generation) throws IOException {
        RegistrySnapshot newest = shown;
        if (generation == newest.generation()) {
            return Optional.of(newest);
        }
        return generation > newest.generation() ? Optional.empty() : source.snapshot(generation);
    }

    /// Always refused.
    @Override
    public RegistrySnapshot commit(Function<RegistrySnapshot, Optional<RegistryChange>> change)
            throws IOException {
        return source.commit(change);
    }

    /// Of many who ask at once because they all miss something, one looks for all.
    @Override
    public RegistrySnapshot refresh() throws IOException {
        long asked = begun.get();
        synchronized (this) {
            if (looked <= asked) {
                long look = begun.incrementAndGet();
                RegistrySnapshot newest = source.refresh();
                if (newest.generation() != shown.generation()
                        || newest.committedAtMs() != shown.committedAtMs()) {
                    show(readable(newest));
                }
                followedAtMs = clock.millis();
                looked = look;
            }
            return shown;
        }
    }

    /// The newest generation of which it is known where transactions stand: what a generation
    /// refers to may be swept while we look at it.
    private ArchivedLog.State readable(RegistrySnapshot newest) throws IOException {
        RegistrySnapshot snapshot = newest;
        while (true) {
            try {
                return stateOf(snapshot);
            } catch (NoSuchObjectException missing) {
                RegistrySnapshot newer = source.refresh();
                if (newer.generation() == snapshot.generation()) {
                    throw missing;
                }
                snapshot = newer;
            }
        }
    }

    /// Readers look at the log first and at the registry after it: the registry may be newer.
    private void show(ArchivedLog.State state) {
        RegistrySnapshot newest = state.snapshot();
        shown = newest;
        ArchivedLog.State before = archivedLog.show(state);
        archivedLog.tell(before);
        for (Consumer<RegistrySnapshot> listener : listeners) {
            try {
                listener.accept(newest);
            } catch (RuntimeException e) {
                log.error("a listener failed on generation {}", newest.generation(), e);
            }
        }
    }

    @Override
    public void addListener(Consumer<RegistrySnapshot> listener) {
        listeners.add(listener);
    }

    /// Milliseconds since the other server's archive was last looked at with success, and so the
    /// most by which it may be ahead.
    long lagMs() {
        return Math.max(0, clock.millis() - followedAtMs);
    }

    /// Milliseconds since the commit of the generation that is shown.
    long sinceCommitMs() {
        return Math.max(0, clock.millis() - shown.committedAtMs());
    }

    /// Why newer generations are not shown, if that is so.
    List<String> problems() {
        return problem.map(List::of).orElse(List.of());
    }

    private void run() {
        try {
            while (!closed.await(poll.toMillis(), TimeUnit.MILLISECONDS)) {
                follow();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void follow() {
        try {
            refresh();
            runAfterwards();
            problem = Optional.empty();
        } catch (IOException | CorruptRegistryException e) {
            if (problem.isEmpty()) {
                log.warn("cannot follow the archive, trying again: {}", e.toString());
            }
            problem =
                    Optional.of(
                            "generation %d stays, because the archive cannot be followed: %s"
                                    .formatted(shown.generation(), e));
        } catch (RuntimeException e) { // or the replica would stand still in silence
            log.error("cannot follow the archive", e);
            problem = Optional.of("the archive cannot be followed: " + e);
        }
    }

    private ArchivedLog.State stateOf(RegistrySnapshot snapshot) throws IOException {
        Map<ArchivedLog.Partition, Known> next = new HashMap<>();
        Map<ArchivedLog.Partition, Future<Known>> reading = new HashMap<>();
        Semaphore atOnce = new Semaphore(READS_AT_ONCE);
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (TopicMetadata topic : snapshot.topics()) {
                for (int i = 0; i < topic.partitionCount(); i++) {
                    ArchivedLog.Partition partition = new ArchivedLog.Partition(topic.id(), i);
                    long end = snapshot.archivedEndOffset(topic.id(), i);
                    Optional<RecordSegment> last = snapshot.segmentFor(topic.id(), i, end - 1);
                    if (last.isEmpty()) {
                        continue;
                    }
                    Known before = known.get(partition);
                    if (before != null && before.segmentId.equals(last.get().id())) {
                        next.put(partition, before);
                    } else {
                        reading.put(
                                partition,
                                readers.submit(() -> read(partition, last.get(), atOnce)));
                    }
                }
            }
            for (Map.Entry<ArchivedLog.Partition, Future<Known>> one : reading.entrySet()) {
                next.put(one.getKey(), await(one.getValue()));
            }
        }
        known = next;
        Map<ArchivedLog.Partition, List<OpenTransaction>> open = new HashMap<>();
        next.forEach((partition, found) -> {
            if (!found.open.isEmpty()) {
                open.put(partition, found.open);
            }
        });
        return new ArchivedLog.State(snapshot, open);
    }

    private Known read(ArchivedLog.Partition partition, RecordSegment last, Semaphore atOnce)
            throws IOException {
        atOnce.acquireUninterruptibly();
        try {
            return new Known(
                    last.id(), segments.transactions(last, partition.partition()).openAtEnd());
        } finally {
            atOnce.release();
        }
    }

    private static Known await(Future<Known> reading) throws IOException {
        try {
            return reading.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while following the archive", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure
                    ? failure
                    : new IOException("cannot read where transactions stand", e.getCause());
        }
    }

    /// Waits for what is under way.
    @Override
    public void close() {
        closed.countDown();
        try {
            if (thread.isAlive()) {
                thread.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
