package io.annals.ingest.group;

import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalLogScan;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a partition's groups and offsets back: replays `__consumer_offsets` over both tiers into
/// the coordinator.
///
/// All of it or nothing: while a part cannot be read, the same position is tried again, clients are
/// told `COORDINATOR_LOAD_IN_PROGRESS`, and [#problems] says why. A group is never shown without
/// what was committed for it.
final class CoordinatorReplay implements CoordinatorLoader<CoordinatorRecord> {
    private static final Logger logger = LoggerFactory.getLogger(CoordinatorReplay.class);

    /// Partitions that are read at the same time: reading shares the machine with serving.
    private static final int PARALLEL = 2;

    private final InternalTopics topics;
    private final InternalLogReader reader;
    private final InstantSource clock;
    private final Duration retryAfter;
    private final Semaphore parallel = new Semaphore(PARALLEL, true);
    private final Map<TopicPartition, String> problems = new ConcurrentHashMap<>();
    private final AtomicInteger loading = new AtomicInteger();
    private final AtomicInteger neverLoaded;
    private final CompletableFuture<Void> allLoaded = new CompletableFuture<>();
    private final LongAdder loadedRecords = new LongAdder();
    private final LongAdder loadedBytes = new LongAdder();
    private volatile long loadingSinceMs;
    private volatile boolean closed;

    /// `__consumer_offsets` must exist.
    ///
    /// @param retryAfter how long to wait when a part cannot be read
    CoordinatorReplay(
            InternalTopics topics,
            InternalLogReader reader,
            InstantSource clock,
            Duration retryAfter) {
        this.topics = topics;
        this.neverLoaded = new AtomicInteger(topics.partitionCount(InternalTopic.CONSUMER_OFFSETS));
        this.reader = reader;
        this.clock = clock;
        this.retryAfter = retryAfter;
    }

    /// Completes when every partition was loaded once, or could not be.
    CompletableFuture<Void> allLoaded() {
        return allLoaded;
    }

    /// What keeps partitions from being loaded, one line each.
    List<String> problems() {
        return List.copyOf(new TreeMap<>(byName()).values());
    }

    private Map<String, String> byName() {
        Map<String, String> lines = new TreeMap<>();
        problems.forEach((partition, reason) ->
                lines.put(
                        partition.toString(),
                        "groups of %s cannot be loaded: %s".formatted(partition, reason)));
        return lines;
    }

    @Override
    public CompletableFuture<LoadSummary> load(
            TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> playback) {
        CompletableFuture<LoadSummary> loaded = new CompletableFuture<>();
        if (loading.getAndIncrement() == 0) {
            loadingSinceMs = clock.millis();
        }
        Thread.ofVirtual()
                .name("group-load-" + partition.partition())
                .start(() -> {
                    try {
                        loaded.complete(new Replay(partition, playback).run());
                        problems.remove(partition);
                    } catch (Throwable failure) { // whatever it is, the coordinator must hear of it
                        problems.put(partition, failure.toString());
                        loaded.completeExceptionally(failure);
                    }
                    if (loading.decrementAndGet() == 0) {
                        tellLoaded();
                    }
                    if (neverLoaded.decrementAndGet() == 0) {
                        allLoaded.complete(null);
                    }
                });
        return loaded;
    }

    private void tellLoaded() {
        logger.info(
                "groups loaded: {} records, {} bytes, {} ms",
                loadedRecords.sumThenReset(),
                loadedBytes.sumThenReset(),
                clock.millis() - loadingSinceMs);
    }

    @Override
    public void close() {
        closed = true;
    }

    /// The replay of one partition. Confined to its thread.
    private final class Replay {
        private final TopicPartition partition;
        private final CoordinatorPlayback<CoordinatorRecord> playback;
        private final GroupReplay groups;
        private final long startMs = clock.millis();
        private long records;
        private long bytes;

        Replay(TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> playback) {
            this.partition = partition;
            this.playback = playback;
            this.groups =
                    new GroupReplay(
                            partition, playback::replay, playback::replayEndTransactionMarker);
        }

        LoadSummary run() throws InterruptedException {
            parallel.acquire();
            long readingMs = clock.millis();
            try {
                long end = replay();
                if (end > 0) { // where it stands anyway
                    playback.updateLastWrittenOffset(end);
                    playback.updateLastCommittedOffset(end);
                }
            } finally {
                parallel.release();
            }
            loadedRecords.add(records);
            loadedBytes.add(bytes);
            return new LoadSummary(startMs, clock.millis(), readingMs - startMs, records, bytes);
        }

        private long replay() throws InterruptedException {
            TopicIdPartition id =
                    topics.find(InternalTopic.CONSUMER_OFFSETS)
                            .map(topic -> topic.partition(partition.partition()))
                            .orElseThrow(() -> new NotLeaderOrFollowerException("no " + partition));
            InternalLogScan scan = new InternalLogScan(reader, id);
            while (!closed) {
                try {
                    if (!scan.next(this::replay)) {
                        return scan.position();
                    }
                } catch (IOException | CorruptRecordException unreadable) {
                    waitAfter(unreadable);
                }
            }
            throw new NotLeaderOrFollowerException("the server is closing");
        }

        /// Lets other partitions go on meanwhile.
        private void waitAfter(Exception unreadable) throws InterruptedException {
            problems.put(partition, unreadable.toString());
            logger.atWarn()
                    .setCause(unreadable)
                    .log("cannot load groups from {}; trying again", partition);
            parallel.release();
            try {
                Thread.sleep(retryAfter);
            } finally {
                parallel.acquireUninterruptibly();
            }
        }

        private void replay(RecordBatch batch) {
            bytes += batch.sizeInBytes();
            records += groups.replay(batch);
        }
    }
}
