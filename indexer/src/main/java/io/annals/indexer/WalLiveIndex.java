package io.annals.indexer;

import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalListener;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The [LiveIndex] over a write-ahead log: hears of new records, reads them from the log on its own
/// bounded threads, never in the way of a writer.
///
/// Topics are worked on one slice at a time, each by at most one thread ([LiveTopic]). Nothing of
/// it outlives the process: at the start the folder is emptied and the hot tier indexed again in
/// the background, while the ranges tell how far that is. Thread-safe.
public final class WalLiveIndex implements LiveIndex, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WalLiveIndex.class);
    private static final long MAX_BACKOFF_MS = 60_000;

    /// How often an index looks again at what it leaves to the archive, beside each commit.
    private static final long LOOK_AGAIN_MS = 1_000;

    private final WriteAheadLog wal;
    private final Registry registry;
    private final LiveIndexSettings settings;
    private final ScheduledThreadPoolExecutor threads;
    private final Map<Uuid, Job> jobs = new ConcurrentHashMap<>();
    private volatile Supplier<List<SealedSegment>> beingArchived = List::of;
    private volatile boolean closed;

    public WalLiveIndex(WriteAheadLog wal, Registry registry, LiveIndexSettings settings) {
        this.wal = wal;
        this.registry = registry;
        this.settings = settings;
        this.threads =
                new ScheduledThreadPoolExecutor(
                        settings.threads(), BackgroundThreads.named("live-index-"));
        threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        threads.setRemoveOnCancelPolicy(true);
    }

    /// Empties the folder and begins to index what is hot. Returns at once.
    ///
    /// @param segments that are sealed and being archived; none while archiving fails. See
    ///   [Archiver#underWay]
    public void start(Supplier<List<SealedSegment>> segments) throws IOException {
        beingArchived = segments;
        IndexFolder.deleteAll(settings.folder());
        Files.createDirectories(settings.folder());
        wal.addListener(
                new WalListener() {
                    @Override
                    public void highWatermarkAdvanced(
                            TopicIdPartition partition, long highWatermark) {
                        touch(partition);
                    }

                    @Override
                    public void segmentSealed(SealedSegment segment, boolean bySize) {
                        rollTopics(segment);
                    }
                });
        registry.addListener(_ -> jobs.values().forEach(Job::signal));
        for (TopicMetadata topic : registry.snapshot().topics()) {
            for (int p = 0; p < topic.partitionCount(); p++) {
                TopicIdPartition partition = new TopicIdPartition(topic.id(), p, topic.name());
                long archivedEnd = registry.snapshot().archivedEndOffset(topic.id(), p);
                boolean hot =
                        wal.partition(partition)
                                .map(state -> state.highWatermark() > archivedEnd)
                                .orElse(false);
                if (hot) {
                    touch(partition);
                }
            }
        }
    }

    @Override
    public Optional<SearchableView> acquire(Uuid topicId) {
        Job job = jobs.get(topicId);
        return job == null ? Optional.empty() : job.topic.acquire();
    }

    @Override
    public CompletableFuture<Boolean> awaitSearchable(
            TopicIdPartition partition, long endOffset, Duration timeout) {
        Job job = jobs.computeIfAbsent(partition.topicId(), Job::new);
        CompletableFuture<Boolean> done =
                job.topic
                        .await(partition.partition(), endOffset, registry.snapshot())
                        .completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS);
        touch(partition);
        return done;
    }

    public LiveIndexStatus status() {
        int indexes = 0;
        long documents = 0;
        List<String> failures = new ArrayList<>();
        for (Job job : jobs.values()) {
            indexes += job.topic.generationCount();
            documents += job.topic.documents();
            String failure = job.failure;
            if (failure != null) {
                failures.add(failure);
            }
        }
        return new LiveIndexStatus(jobs.size(), indexes, documents, failures);
    }

    /// How far the index is behind the log.
    public LiveLag lag() {
        RegistrySnapshot snapshot = registry.snapshot();
        LiveLag sum = LiveLag.NONE;
        for (Job job : jobs.values()) {
            if (snapshot.topic(job.topic.id()).filter(IndexSettings::isIndexed).isPresent()) {
                sum = sum.plus(job.topic.lag(snapshot));
            }
        }
        return sum;
    }

    private void touch(TopicIdPartition partition) {
        Job job = jobs.get(partition.topicId());
        if (job == null) {
            job = jobs.computeIfAbsent(partition.topicId(), Job::new);
        }
        if (job.topic.touch(partition)) {
            job.signal();
        }
    }

    private void rollTopics(SealedSegment segment) {
        Set<Uuid> topics = new HashSet<>();
        segment.contents().keySet().forEach(partition -> topics.add(partition.topicId()));
        for (Uuid topic : topics) {
            Job job = jobs.get(topic);
            if (job != null) {
                job.topic.roll();
                job.signal();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.shutdown();
        try {
            if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.warn("live indexing did not stop within a minute");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        jobs.values().forEach(Job::dispose);
        jobs.clear();
    }

    /// A topic and when it is worked on: never by two threads, and again after every signal.
    private final class Job implements Runnable {
        final LiveTopic topic;
        final AtomicInteger signals = new AtomicInteger();
        volatile @Nullable String failure;
        private final AtomicBoolean looksAgain = new AtomicBoolean();
        private int failed;
        private volatile long restedNanos = System.nanoTime();

        Job(Uuid topicId) {
            LeftToArchive left =
                    new LeftToArchive(
                            () -> beingArchived.get(),
                            settings.leaveBytes(),
                            settings.leaveTime(),
                            System::nanoTime);
            this.topic = new LiveTopic(topicId, wal, settings, left);
        }

        /// Cheap, and never blocks: called from writer threads.
        void signal() {
            if (signals.getAndIncrement() == 0) {
                schedule(Math.max(0, restedNanos - System.nanoTime()));
            }
        }

        private void schedule(long delayNanos) {
            schedule(this, delayNanos);
        }

        private void schedule(Runnable task, long delayNanos) {
            try {
                threads.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                if (!closed) {
                    throw e;
                }
            }
        }

        @Override
        public void run() {
            if (closed) {
                return;
            }
            int seen = signals.get();
            long begin = System.nanoTime();
            LiveTopic.Next next;
            try {
                next = work(begin);
                failed = 0;
                failure = null;
            } catch (IOException | RuntimeException | Error e) {
                fail(e);
                return;
            }
            restedNanos = System.nanoTime() + settings.refresh().toNanos();
            if (next == LiveTopic.Next.AWAIT_ARCHIVE) {
                lookAgain();
            }
            if (next == LiveTopic.Next.GO_ON) {
                schedule(0);
            } else if (signals.addAndGet(-seen) != 0) {
                schedule(settings.refresh().toNanos());
            }
        }

        /// However often it is asked for, at most one look is on its way.
        private void lookAgain() {
            if (looksAgain.compareAndSet(false, true)) {
                Runnable look =
                        () -> {
                            looksAgain.set(false);
                            signal();
                        };
                schedule(look, TimeUnit.MILLISECONDS.toNanos(LOOK_AGAIN_MS));
            }
        }

        private LiveTopic.Next work(long begin) throws IOException {
            RegistrySnapshot snapshot = registry.snapshot();
            Optional<TopicMetadata> metadata = snapshot.topic(topic.id());
            if (metadata.isEmpty() || !IndexSettings.isIndexed(metadata.get())) {
                topic.dispose();
                if (metadata.isEmpty()) {
                    jobs.remove(topic.id(), this);
                }
                return LiveTopic.Next.REST;
            }
            return topic.work(snapshot, begin + settings.slice().toNanos());
        }

        /// Begins anew, later: what was half indexed must not be published.
        private void fail(Throwable e) {
            failed++;
            failure = "topic %s: %s".formatted(topic.id(), FailureReason.of(e));
            LOG.warn("live indexing of topic {} failed and begins anew", topic.id(), e);
            dispose();
            long backoffMs = Math.min(MAX_BACKOFF_MS, 1000L << Math.min(16, failed - 1));
            schedule(TimeUnit.MILLISECONDS.toNanos(backoffMs));
        }

        void dispose() {
            try {
                topic.dispose();
            } catch (IOException | RuntimeException e) {
                LOG.warn("live index of topic {} could not be given up", topic.id(), e);
            }
        }
    }
}
