package io.annals.wal;

import io.annals.wal.ShardRecovery.Recovered;
import io.annals.wal.WalDirectory.WalId;
import io.annals.wal.WalRecovery.SegmentReport;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;

/// Everything a log needs to run, recovered from its directory.
///
/// @param shards not started
record WalOpening(
        WalDirectory directory,
        WalShared shared,
        List<WalShard> shards,
        PartitionMarks marks,
        ProducerIds producerIds,
        WalRecovery recovery) {
    static final String MARKS = "marks";

    private static final long SMALLEST_SEGMENT_BYTES = 4096;

    static WalOpening open(WalConfig config, Clock clock, WalFiles files) throws IOException {
        requireSane(config);
        WalDirectory directory = WalDirectory.open(config.directory(), files);
        try {
            return open(config, clock, directory);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private static void requireSane(WalConfig config) {
        long bytes = config.segmentBytes();
        if (bytes < SMALLEST_SEGMENT_BYTES || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "segmentBytes %d: allowed is %d to %d"
                            .formatted(bytes, SMALLEST_SEGMENT_BYTES, Integer.MAX_VALUE));
        }
        if (config.shards() < 1 || config.shards() > 9_999) {
            throw new IllegalArgumentException(
                    "shards %d: allowed is 1 to 9999".formatted(config.shards()));
        }
    }

    private static WalOpening open(WalConfig config, Clock clock, WalDirectory directory)
            throws IOException {
        long begin = System.nanoTime();
        List<String> notes = new ArrayList<>();
        WalId walId = directory.id(clock, notes);
        Map<PartitionKey, HotPartition> partitions = new ConcurrentHashMap<>();
        List<Recovered> recovered =
                recover(directory, walId, shardCount(config, directory), partitions);
        List<SegmentReport> reports = new ArrayList<>();
        for (Recovered shard : recovered) {
            reports.addAll(shard.reports());
            notes.addAll(shard.notes());
        }
        if (recovered.stream().anyMatch(Recovered::forgotten)) {
            walId = directory.newId(clock);
        }
        PartitionMarks marks = PartitionMarks.read(directory.file(MARKS), notes);
        applyMarks(marks, partitions);
        ProducerIds producerIds =
                ProducerIds.open(directory.files(), directory.file("producer-ids"), clock, notes);
        WalShared shared = shared(config, clock, directory, partitions);
        List<WalShard> shards = new ArrayList<>();
        for (Recovered shard : recovered) {
            shards.add(new WalShard(shared, walId, shard));
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
        return new WalOpening(
                directory,
                shared,
                List.copyOf(shards),
                marks,
                producerIds,
                new WalRecovery(List.copyOf(reports), List.copyOf(notes), elapsed));
    }

    private static WalShared shared(
            WalConfig config,
            Clock clock,
            WalDirectory directory,
            Map<PartitionKey, HotPartition> partitions) {
        return new WalShared(
                config,
                clock,
                directory.files(),
                partitions,
                new WalListeners(),
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name("annals-wal-background").daemon().factory()),
                new AtomicLong());
    }

    /// A shard with a folder stays in use for the partitions it has, whatever the settings say.
    private static int shardCount(WalConfig config, WalDirectory directory) throws IOException {
        List<Integer> existing = directory.shards();
        int needed = existing.isEmpty() ? 0 : existing.getLast() + 1;
        return Math.max(config.shards(), needed);
    }

    private static List<Recovered> recover(
            WalDirectory directory,
            WalId walId,
            int shardCount,
            Map<PartitionKey, HotPartition> partitions)
            throws IOException {
        List<Future<Recovered>> running = new ArrayList<>();
        int threads = Math.min(shardCount, Runtime.getRuntime().availableProcessors());
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int shard = 0; shard < shardCount; shard++) {
                directory.createShard(shard);
                int number = shard;
                Callable<Recovered> recovery =
                        new ShardRecovery(
                                        directory,
                                        walId,
                                        number,
                                        key ->
                                                partitions.computeIfAbsent(
                                                        key, k -> unnamed(k, number)))
                                ::run;
                running.add(executor.submit(recovery));
            }
        }
        List<Recovered> recovered = new ArrayList<>();
        for (Future<Recovered> shard : running) {
            recovered.add(result(shard));
        }
        return recovered;
    }

    private static Recovered result(Future<Recovered> shard) throws IOException {
        try {
            return shard.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException("recovery failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("recovery was interrupted", e);
        }
    }

    private static HotPartition unnamed(PartitionKey key, int shard) {
        TopicPartition unnamed = new TopicPartition("", key.partition());
        return new HotPartition(new TopicIdPartition(key.topicId(), unnamed), shard);
    }

    private static void applyMarks(
            PartitionMarks marks, Map<PartitionKey, HotPartition> partitions) {
        for (HotPartition partition : partitions.values()) {
            partition.deleteBefore(marks.logStartOffsets().getOrDefault(partition.key(), 0L));
            if (marks.deletedTopics().contains(partition.key().topicId())) {
                partition.delete();
            }
        }
        partitions.values().removeIf(p -> p.deleted() && p.isEmpty());
    }
}
