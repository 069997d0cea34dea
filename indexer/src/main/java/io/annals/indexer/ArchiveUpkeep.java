package io.annals.indexer;

import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableTars;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the archive as its topics want it, while the server runs: takes out what is past its time,
/// compacts those of which only the latest records count, and merges what is small.
///
/// Every change is one commit of the registry, computed from what is there: a crash at any step
/// leaves the archive as it was, or as it is to be. A topic that fails is tried again in the next
/// pass and holds nobody up. Thread-safe. Owns one thread, which rests at least as long as it
/// works; writing an index takes a bounded buffer, compacting a bounded table of keys.
public final class ArchiveUpkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArchiveUpkeep.class);

    private final WriteAheadLog wal;
    private final Registry registry;
    private final InstantSource clock;
    private final UpkeepSettings settings;
    private final SegmentRewrite.Tools tools;
    private final Thread thread;

    /// One pass at a time.
    private final ReentrantLock passing = new ReentrantLock();

    /// Guarded by `passing`: when nothing was to be merged, by topic.
    private final Map<Uuid, Idle> idle = new HashMap<>();

    /// Guarded by `passing`.
    private long retainedAtMs;

    private record Idle(long generation, long atMs) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();
    private volatile boolean closing;
    private final AtomicReference<UpkeepResult> total = new AtomicReference<>(UpkeepResult.NOTHING);
    private volatile List<String> failures = List.of();

    public ArchiveUpkeep(
            WriteAheadLog wal,
            Registry registry,
            ObjectStore store,
            SeekableTars tars,
            InstantSource clock,
            UpkeepSettings settings,
            RandomGenerator random)
            throws IOException {
        this(wal, registry, store, tars, clock, settings, random, ArchiveStep.Listener.NONE);
    }

    ArchiveUpkeep(
            WriteAheadLog wal,
            Registry registry,
            ObjectStore store,
            SeekableTars tars,
            InstantSource clock,
            UpkeepSettings settings,
            RandomGenerator random,
            ArchiveStep.Listener steps)
            throws IOException {
        this.wal = wal;
        this.registry = registry;
        this.clock = clock;
        this.settings = settings;
        deleteLeftovers(settings.work());
        this.tools =
                new SegmentRewrite.Tools(
                        registry,
                        tars,
                        new ArchiveUploads(store, tars),
                        new SplitWriter(settings.split()),
                        settings.split(),
                        settings.work(),
                        random,
                        steps,
                        new Closing(() -> closing));
        this.thread = Thread.ofPlatform().name("upkeep").daemon().unstarted(this::work);
    }

    /// Starts to look after the archive every so often.
    public void start() {
        thread.start();
    }

    /// Does what is due, now.
    ///
    /// @throws IOException if something of it cannot be done now; it will be tried again
    public UpkeepResult runNow() throws IOException {
        passing.lock();
        try {
            UpkeepResult result = pass();
            if (!failures.isEmpty()) {
                throw new IOException("not everything was done: " + failures);
            }
            return result;
        } finally {
            passing.unlock();
        }
    }

    public UpkeepStatus status() {
        return new UpkeepStatus(total.get(), failures);
    }

    /// Stops between two batches. What is half done is done again at the next start.
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            wake.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (thread.isAlive()) {
                thread.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        Duration rest = settings.interval();
        while (rest(rest)) {
            long startedMs = clock.millis();
            passing.lock();
            try {
                pass();
            } finally {
                passing.unlock();
            }
            Duration took = Duration.ofMillis(clock.millis() - startedMs);
            rest = took.compareTo(settings.interval()) > 0 ? took : settings.interval();
        }
    }

    /// @return whether to go on
    private boolean rest(Duration duration) {
        lock.lock();
        try {
            long nanos = duration.toNanos();
            while (nanos > 0 && !closing) {
                nanos = wake.awaitNanos(nanos);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
        return !closing;
    }

    /// Called with `passing` held.
    private UpkeepResult pass() {
        UpkeepResult result = UpkeepResult.NOTHING;
        List<String> failed = new ArrayList<>();
        boolean withRetention =
                clock.millis() - retainedAtMs >= settings.retentionInterval().toMillis();
        if (withRetention) {
            retainedAtMs = clock.millis();
        }
        Retention retention = new Retention(wal, registry);
        for (TopicMetadata topic : registry.snapshot().topics()) {
            if (closing) {
                break;
            }
            try {
                result =
                        result.plus(
                                lookAfter(
                                        topic,
                                        withRetention ? Optional.of(retention) : Optional.empty()));
            } catch (IOException | RuntimeException e) {
                if (!closing) {
                    failed.add(failure(topic, e));
                    refresh();
                }
            }
        }
        failures = List.copyOf(failed);
        UpkeepResult done = result;
        total.updateAndGet(sum -> sum.plus(done));
        return result;
    }

    private static String failure(TopicMetadata topic, Exception e) {
        String line = "upkeep of topic %s: %s".formatted(topic.name(), FailureReason.of(e));
        if (e instanceof IOException) {
            LOG.warn("{}; it will be tried again", line);
        } else {
            LOG.error("{}; it will be tried again", line, e);
        }
        return line;
    }

    private UpkeepResult lookAfter(TopicMetadata topic, Optional<Retention> retention)
            throws IOException {
        CleanupPolicy policy = CleanupPolicy.of(topic, settings.topicDefaults().get());
        UpkeepResult result = UpkeepResult.NOTHING;
        if (retention.isPresent()) {
            int retired = retention.get().run(topic.id(), policy, clock.millis());
            result = result.plus(UpkeepResult.ofRetention(retired));
        }
        if (policy.compact()) {
            Compaction.Limits limits =
                    new Compaction.Limits(settings.keyBytes(), settings.targetBytes());
            Compaction.Result compacted =
                    new Compaction(tools, limits)
                            .run(registry.snapshot(), topic, policy, clock.millis());
            result = result.plus(UpkeepResult.ofCompaction(compacted));
        }
        result = result.plus(merge(topic, policy));
        if (!result.equals(UpkeepResult.NOTHING)) {
            LOG.info("upkeep of topic {}: {}", topic.name(), result);
        }
        return result;
    }

    /// Until nothing is due.
    private UpkeepResult merge(TopicMetadata topic, CleanupPolicy policy) throws IOException {
        Merging merging =
                new Merging(
                        tools,
                        Merging.Limits.of(
                                settings.mergeFactor(),
                                settings.targetBytes(),
                                settings.mergeAge().toMillis(),
                                policy),
                        settings.mergesRecords());
        UpkeepResult result = UpkeepResult.NOTHING;
        RegistrySnapshot snapshot = registry.snapshot();
        while (!isIdle(topic, snapshot)) {
            UpkeepResult merged = merging.run(snapshot, topic, clock.millis());
            if (merged.equals(UpkeepResult.NOTHING)) {
                idle.put(topic.id(), new Idle(snapshot.generation(), clock.millis()));
                break;
            }
            result = result.plus(merged);
            snapshot = registry.snapshot();
        }
        return result;
    }

    /// Whether nothing was due a short while ago, and nothing was added since.
    private boolean isIdle(TopicMetadata topic, RegistrySnapshot snapshot) {
        Idle before = idle.get(topic.id());
        return before != null
                && before.generation == snapshot.generation()
                && clock.millis() - before.atMs < settings.mergeAge().toMillis() / 8;
    }

    /// The outcome of a commit that failed is unknown until then.
    private void refresh() {
        try {
            registry.refresh();
        } catch (IOException | RuntimeException e) {
            LOG.warn("cannot read the registry yet: {}", e.toString());
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
