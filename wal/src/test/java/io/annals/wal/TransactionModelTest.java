package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Appended;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random transactions of several producers over several partitions, with seals, releases, restarts
/// and crashes, against the plain list of what was written.
@Timeout(120)
class TransactionModelTest {
    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 4;
    private static final int STEPS = 250;

    @TempDir Path directory;

    private final Map<TopicIdPartition, Model> models = new HashMap<>();
    private final Map<TopicIdPartition, Integer> recordsBehindMarkers = new HashMap<>();
    private Random random = new Random();

    /// What is known of a partition without looking at the log.
    private static final class Model {
        private final Map<Long, Long> open = new HashMap<>();
        private final Map<Long, Integer> sequences = new HashMap<>();
        private final List<AbortedTransaction> aborted = new ArrayList<>();

        private final List<Past> past = new ArrayList<>();

        /// Told by segments that were released.
        private final List<AbortedTransaction> archived = new ArrayList<>();

        private long end;

        long lastStableOffset() {
            return open.values().stream().mapToLong(first -> first).min().orElse(end);
        }
    }

    /// A transaction from its first record to its marker.
    private record Past(long producer, long firstOffset, long markerOffset) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void transactionsAreWhatTheWrittenBatchesSay(long seed) throws IOException {
        random = new Random(seed);
        int life = 0;
        WalConfig config =
                TestWal.config(directory.resolve("life-0"), 1 + random.nextInt(2), 8 * 1024);
        FileWal wal = FileWal.open(config, Clock.systemUTC());
        for (int p = 0; p < PARTITIONS; p++) {
            models.put(TestWal.partition(p), new Model());
        }
        create(wal);
        for (int step = 0; step < STEPS; step++) {
            int choice = random.nextInt(100);
            if (choice < 50) {
                append(wal, TestWal.partition(random.nextInt(PARTITIONS)));
            } else if (choice < 70) {
                end(wal);
            } else if (choice < 85) {
                check(wal);
            } else if (choice < 88) {
                wal.sealNow();
            } else if (choice < 94) {
                release(wal);
            } else {
                if (choice < 97) {
                    wal.close();
                } else {
                    Path next = directory.resolve("life-" + ++life);
                    FileWalModelTest.snapshot(config.directory(), next);
                    wal.close();
                    config = TestWal.config(next, config.shards(), 8 * 1024);
                }
                wal = FileWal.open(config, Clock.systemUTC());
                assertThat(wal.recovery().clean()).as(wal.recovery().toString()).isTrue();
                create(wal);
                check(wal);
            }
        }
        check(wal);
        wal.close();
    }

    private void create(FileWal wal) {
        models.forEach((partition, model) -> wal.createPartition(partition, model.end));
    }

    private void append(FileWal wal, TopicIdPartition partition) {
        Model model = model(partition);
        long producer = random.nextInt(PRODUCERS);
        SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(3)];
        for (int i = 0; i < records.length; i++) {
            records[i] = new SimpleRecord(1_000, null, new byte[random.nextInt(200)]);
        }
        ByteBuffer batch;
        if (random.nextInt(4) == 0) {
            batch = Batches.of(records);
        } else {
            int sequence =
                    model.sequences.merge(producer, records.length, Integer::sum) - records.length;
            batch = Batches.transactional(producer, 0, sequence, records);
            model.open.putIfAbsent(producer, model.end);
        }
        assertThat(TestWal.append(wal, partition, batch))
                .isInstanceOfSatisfying(
                        Appended.class, a -> assertThat(a.baseOffset()).isEqualTo(model.end));
        model.end += records.length;
    }

    private void end(FileWal wal) {
        long producer = random.nextInt(PRODUCERS);
        boolean commit = random.nextBoolean();
        Set<TopicIdPartition> partitions = new HashSet<>();
        for (TopicIdPartition partition : models.keySet()) {
            if (random.nextInt(3) > 0) {
                partitions.add(partition);
            }
        }
        write(
                wal,
                new EndTransaction(producer, (short) 0, 1, commit, partitions, FsyncMode.ALWAYS));
        for (TopicIdPartition partition : partitions) {
            Model model = model(partition);
            Long first = model.open.remove(producer);
            if (first != null) {
                model.past.add(new Past(producer, first, model.end));
            }
            if (first != null && !commit) {
                model.aborted.add(new AbortedTransaction(producer, first, model.end));
            }
            model.end++;
        }
        recordsBehindMarkers.forEach((partition, count) -> model(partition).end += count);
        recordsBehindMarkers.clear();
    }

    /// With a record in the same append, or the markers alone.
    private void write(FileWal wal, EndTransaction end) {
        TopicIdPartition to = TestWal.partition(random.nextInt(PARTITIONS));
        Optional<CompletableFuture<AppendOutcome>> together =
                random.nextBoolean()
                        ? wal.append(TestWal.request(to, Batches.ofBytes(1)), List.of(end))
                        : Optional.empty();
        if (together.isPresent()) {
            assertThat(together.get().join()).isInstanceOf(Appended.class);
            recordsBehindMarkers.merge(to, 1, Integer::sum);
            return;
        }
        wal.endTransaction(end)
                .values()
                .forEach(answer -> assertThat(answer.join()).isInstanceOf(Appended.class));
    }

    private void release(FileWal wal) {
        List<SealedSegment> sealed = wal.sealedSegments();
        if (sealed.isEmpty()) {
            return;
        }
        SealedSegment oldest = sealed.getFirst();
        oldest.contents()
                .forEach((partition, contents) -> {
                    SegmentTransactions told = oldest.transactions(partition);
                    Model model = model(partition);
                    model.archived.addAll(told.aborted());
                    assertThat(told.aborted())
                            .isEqualTo(
                                    model.aborted.stream()
                                            .filter(a ->
                                                    a.lastOffset() >= contents.baseOffset()
                                                            && a.lastOffset()
                                                                    < contents.endOffset())
                                            .toList());
                    assertThat(told.openAtEnd())
                            .extracting(OpenTransaction::firstOffset)
                            .isSorted()
                            .containsExactlyInAnyOrderElementsOf(
                                    openAt(model, contents.endOffset()));
                });
        wal.release(oldest);
    }

    /// First offsets of the transactions that were open before `offset`.
    private static List<Long> openAt(Model model, long offset) {
        List<Long> open = new ArrayList<>();
        for (Past past : model.past) {
            if (past.firstOffset < offset && past.markerOffset >= offset) {
                open.add(past.firstOffset);
            }
        }
        model.open.values().stream().filter(first -> first < offset).forEach(open::add);
        return open;
    }

    private void check(FileWal wal) {
        for (Map.Entry<TopicIdPartition, Model> entry : models.entrySet()) {
            TopicIdPartition partition = entry.getKey();
            Model model = entry.getValue();
            PartitionState state = wal.partition(partition).orElseThrow();
            assertThat(state.highWatermark()).isEqualTo(model.end);
            assertThat(state.lastStableOffset()).isEqualTo(model.lastStableOffset());
            Map<Long, Long> open = new HashMap<>();
            wal.activeProducers(partition)
                    .forEach(producer ->
                            producer.transactionStartOffset()
                                    .ifPresent(first -> open.put(producer.producerId(), first)));
            assertThat(open).isEqualTo(model.open);
            long from = random.nextLong(model.end + 1);
            long to = from + random.nextLong(model.end + 1 - from);
            Set<AbortedTransaction> found =
                    new HashSet<>(wal.abortedTransactions(partition, from, to));
            model.archived.stream().filter(a -> a.overlaps(from, to)).forEach(found::add);
            assertThat(found)
                    .isEqualTo(
                            new HashSet<>(
                                    model.aborted.stream()
                                            .filter(a -> a.overlaps(from, to))
                                            .filter(a -> a.lastOffset() < model.end)
                                            .toList()));
            readCommitted(wal, partition, Math.max(from, state.localLogStartOffset()));
        }
    }

    private void readCommitted(FileWal wal, TopicIdPartition partition, long from) {
        Model model = model(partition);
        try (FetchedBatches read =
                wal.read(partition, from, 1_000, IsolationLevel.READ_COMMITTED).orElseThrow()) {
            assertThat(read.nextOffset())
                    .isLessThanOrEqualTo(Math.max(from, model.lastStableOffset()));
            assertThat(read.batches().isEmpty()).isEqualTo(from >= model.lastStableOffset());
            assertThat(read.abortedTransactions())
                    .containsExactlyInAnyOrderElementsOf(
                            model.aborted.stream()
                                    .filter(a -> a.overlaps(from, read.nextOffset()))
                                    .toList());
        }
    }

    private Model model(TopicIdPartition partition) {
        return Objects.requireNonNull(models.get(partition));
    }
}
