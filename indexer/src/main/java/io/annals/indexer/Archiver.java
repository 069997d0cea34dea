package io.annals.indexer;

import io.annals.archive.ObjectClaims;
import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableTars;
import io.annals.registry.Registry;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalListener;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Archives sealed WAL segments, each exactly once: record segments and index splits into the
/// object store, read back; one generation of the registry; and only then the WAL segment is left
/// to [LocalRetention].
///
/// Runs when a segment was sealed, and every interval; after a failure again with growing delays. A
/// crash at any step leaves either the WAL segment or the committed objects: the next start goes on
/// from what the registry says ([ArchivePass], `docs/invariants/indexer.md`).
///
/// Thread-safe. Owns one coordinating thread, a bounded pool for CPU-bound work, and virtual
/// threads for uploads.
public final class Archiver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Archiver.class);

    private final WriteAheadLog wal;
    private final Registry registry;
    private final LocalRetention local;
    private final ArchiverSettings settings;
    private final TopicArchival.Tools tools;
    private final ExecutorService cpu;
    private final ExecutorService io;
    private final Thread coordinator;

    /// One pass at a time.
    private final ReentrantLock passing = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();
    private boolean wanted = true;

    private volatile boolean closing;
    private final AtomicReference<ArchiveResult> total =
            new AtomicReference<>(ArchiveResult.NOTHING);
    private volatile List<String> failures = List.of();
    private final AtomicInteger consecutiveFailures = new AtomicInteger();

    /// One that lets WAL segments go as soon as they are archived.
    public Archiver(
            WriteAheadLog wal,
            Registry registry,
            ObjectStore store,
            SeekableTars tars,
            ArchiverSettings settings,
            RandomGenerator random)
            throws IOException {
        this(
                new Hot(wal, LocalRetention.nothing(wal, registry)),
                registry,
                store,
                tars,
                settings,
                random,
                ArchiveStep.Listener.NONE);
    }

    public Archiver(
            Hot hot,
            Registry registry,
            ObjectStore store,
            SeekableTars tars,
            ArchiverSettings settings,
            RandomGenerator random)
            throws IOException {
        this(hot, registry, store, tars, settings, random, ArchiveStep.Listener.NONE);
    }

    Archiver(
            Hot hot,
            Registry registry,
            ObjectStore store,
            SeekableTars tars,
            ArchiverSettings settings,
            RandomGenerator random,
            ArchiveStep.Listener steps)
            throws IOException {
        this.wal = hot.wal;
        this.local = hot.local;
        this.registry = registry;
        this.settings = settings;
        deleteLeftovers(settings.work());
        this.tools =
                new TopicArchival.Tools(
                        settings,
                        new SplitWriter(settings.split()),
                        new ArchiveUploads(store, tars),
                        new ObjectClaims(),
                        random,
                        steps,
                        () -> closing);
        this.cpu =
                Executors.newFixedThreadPool(
                        settings.threads(), BackgroundThreads.named("archiver-"));
        this.io =
                Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("upload-", 0).factory());
        this.coordinator =
                Thread.ofPlatform().name("archiver").daemon().unstarted(this::coordinate);
    }

    /// Objects that are about to be catalogued: not to be swept.
    public ObjectClaims claims() {
        return tools.claims();
    }

    /// The hot tier.
    ///
    /// @param local what becomes of segments that are archived
    public record Hot(WriteAheadLog wal, LocalRetention local) {}

    /// Starts to archive what is sealed, and whatever will be.
    public void start() {
        wal.addListener(
                new WalListener() {
                    @Override
                    public void segmentSealed(SealedSegment segment, boolean bySize) {
                        makeRoom();
                        wakeUp();
                    }
                });
        coordinator.start();
    }

    /// However long a pass may take: what is kept beyond its need gives way to what is new.
    private void makeRoom() {
        try {
            local.release();
        } catch (RuntimeException e) {
            LOG.warn("archived WAL segments cannot be let go yet", e);
        }
    }

    /// Seals what is hot and archives it; returns when all that was acknowledged before the call is
    /// archived.
    ///
    /// @throws IOException if something of it cannot be archived now; it will be tried again
    public ArchiveResult archiveNow() throws IOException {
        wal.sealNow();
        passing.lock();
        try {
            ArchivePass pass = pass();
            if (!pass.failures().isEmpty()) {
                throw new IOException("not everything was archived: " + pass.failures());
            }
            return pass.result();
        } finally {
            passing.unlock();
        }
    }

    /// Sealed WAL segments that are not archived yet, as long as that goes well: none if archiving
    /// has not begun, failed last time, or ends.
    public List<SealedSegment> underWay() {
        boolean goesWell = coordinator.isAlive() && !closing && consecutiveFailures.get() == 0;
        return goesWell ? waiting() : List.of();
    }

    private List<SealedSegment> waiting() {
        return wal.sealedSegments().stream().filter(one -> !local.keeps(one)).toList();
    }

    public ArchiveStatus status() {
        List<SealedSegment> waiting = waiting();
        return new ArchiveStatus(
                waiting.size(),
                waiting.stream().mapToLong(SealedSegment::sizeBytes).sum(),
                waiting.stream()
                        .mapToLong(SealedSegment::createdAtMs)
                        .filter(ms -> ms >= 0)
                        .min()
                        .orElse(-1),
                total.get(),
                consecutiveFailures.get(),
                failures);
    }

    /// Stops after the batch it is at. What is half done is done again at the next start.
    @Override
    public void close() {
        closing = true;
        wakeUp();
        try {
            if (coordinator.isAlive()) {
                coordinator.join();
            }
            cpu.shutdown();
            io.shutdown();
            if (!cpu.awaitTermination(1, TimeUnit.MINUTES)
                    || !io.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.warn("archiving did not stop within a minute");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void coordinate() {
        while (!closing) {
            try {
                passing.lock();
                try {
                    pass();
                } finally {
                    passing.unlock();
                }
            } catch (IOException | RuntimeException | Error e) {
                failures = List.of(FailureReason.of(e));
                consecutiveFailures.incrementAndGet();
                LOG.warn("archiving failed and will be tried again", e);
            }
            rest();
        }
    }

    /// Called with `passing` held.
    private ArchivePass pass() throws IOException {
        ArchivePass pass = new ArchivePass(wal, registry, local, tools, cpu, io);
        pass.run();
        local.release();
        total.updateAndGet(sum -> sum.plus(pass.result()));
        failures = List.copyOf(pass.failures());
        if (failures.isEmpty()) {
            consecutiveFailures.set(0);
        } else if (!closing) {
            consecutiveFailures.incrementAndGet();
            registry.refresh();
        }
        return pass;
    }

    private void rest() {
        int failed = consecutiveFailures.get();
        Duration delay = failed > 0 ? backoff(failed) : settings.interval();
        long nanos = delay.toNanos();
        lock.lock();
        try {
            while (nanos > 0 && !closing && (consecutiveFailures.get() > 0 || !wanted)) {
                nanos = wake.awaitNanos(nanos);
            }
            wanted = false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            closing = true;
        } finally {
            lock.unlock();
        }
    }

    private Duration backoff(int failed) {
        int doublings = Math.min(20, failed - 1);
        Duration delay = settings.backoffMin().multipliedBy(1L << doublings);
        return delay.compareTo(settings.backoffMax()) < 0 ? delay : settings.backoffMax();
    }

    private void wakeUp() {
        lock.lock();
        try {
            wanted = true;
            wake.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Files of objects that an earlier run was making.
    private static void deleteLeftovers(Path work) throws IOException {
        Files.createDirectories(work);
        try (Stream<Path> files = Files.list(work)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                IndexFolder.deleteAll(file);
            }
        }
    }
}
