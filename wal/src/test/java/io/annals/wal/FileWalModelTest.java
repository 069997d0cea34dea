package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Appended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random appends, reads, seals, releases, deletions, restarts and crashes against a plain model.
@Timeout(120)
class FileWalModelTest {
    private static final int PARTITIONS = 4;
    private static final int STEPS = 150;

    @TempDir Path directory;

    private final Map<TopicIdPartition, Model> models = new HashMap<>();
    private final Map<TopicIdPartition, Long> starts = new HashMap<>();

    /// @param records timestamps by offset
    private record Entry(byte[] bytes, long ingestTimeMs, TreeMap<Long, Long> records) {}

    private static final class Model {
        private final TreeMap<Long, Entry> batches = new TreeMap<>();
        private long start;
        private long end;

        long localStart() {
            return batches.isEmpty() ? end : Math.max(start, batches.firstKey());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void behavesLikeTheModel(long seed) throws IOException {
        Random random = new Random(seed);
        int life = 0;
        int shards = 1 + random.nextInt(3);
        WalConfig config = TestWal.config(directory.resolve("life-0"), shards, 16 * 1024);
        FileWal wal = FileWal.open(config, Clock.systemUTC());
        for (int p = 0; p < PARTITIONS; p++) {
            long start = random.nextInt(3) == 0 ? random.nextInt(1000) : 0;
            Model model = new Model();
            model.start = start;
            model.end = start;
            models.put(TestWal.partition(p), model);
            starts.put(TestWal.partition(p), start);
        }
        starts.forEach(wal::createPartition);
        for (int step = 0; step < STEPS; step++) {
            TopicIdPartition partition = TestWal.partition(random.nextInt(PARTITIONS));
            int choice = random.nextInt(100);
            if (choice < 60) {
                append(wal, partition, random);
            } else if (choice < 80) {
                check(wal, partition, random);
            } else if (choice < 84) {
                wal.sealNow();
            } else if (choice < 90) {
                release(wal);
            } else if (choice < 93) {
                deleteBefore(wal, partition, random);
            } else if (choice < 97) {
                wal.close();
                wal = FileWal.open(config, Clock.systemUTC());
                assertThat(wal.recovery().clean()).as(wal.recovery().toString()).isTrue();
                starts.forEach(wal::createPartition);
            } else {
                Path next = directory.resolve("life-" + ++life);
                snapshot(config.directory(), next);
                wal.close();
                config = TestWal.config(next, shards, 16 * 1024);
                wal = FileWal.open(config, Clock.systemUTC());
                assertThat(wal.recovery().clean()).as(wal.recovery().toString()).isTrue();
                starts.forEach(wal::createPartition);
            }
        }
        for (int p = 0; p < PARTITIONS; p++) {
            check(wal, TestWal.partition(p), random);
        }
        wal.close();
    }

    private void append(FileWal wal, TopicIdPartition partition, Random random) {
        Model model = model(partition);
        ByteBuffer[] batches = new ByteBuffer[random.nextInt(5) == 0 ? 3 : 1];
        for (int i = 0; i < batches.length; i++) {
            batches[i] = Batches.random(random, 1 + random.nextInt(5), 300, random.nextInt(9_000));
        }
        ByteBuffer request = Batches.concat(batches);
        FsyncMode mode = List.of(FsyncMode.values()).get(random.nextInt(3));
        AppendOutcome result =
                wal.append(new AppendRequest(partition, request, mode, false)).join();
        assertThat(result).isInstanceOf(Appended.class);
        Appended outcome = (Appended) result;
        assertThat(outcome.baseOffset()).isEqualTo(model.end);
        int at = 0;
        while (at < request.limit()) {
            BatchView batch = new BatchView(request, at);
            TreeMap<Long, Long> records = new TreeMap<>();
            for (Record record : batch.kafkaBatch()) {
                records.put(record.offset(), record.timestamp());
            }
            assertThat(batch.baseOffset()).isEqualTo(model.end);
            model.batches.put(
                    model.end,
                    new Entry(TestWal.bytes(batch.bytes()), outcome.ingestTimeMs(), records));
            model.end = batch.nextOffset();
            at += batch.sizeBytes();
        }
        assertThat(outcome.endOffset()).isEqualTo(model.end);
    }

    private void release(FileWal wal) {
        if (!wal.sealedSegments().isEmpty()) {
            SealedSegment oldest = wal.sealedSegments().getFirst();
            for (Map.Entry<TopicIdPartition, SealedSegment.Contents> content :
                    oldest.contents().entrySet()) {
                Model model = model(content.getKey());
                model.batches.headMap(content.getValue().endOffset()).clear();
            }
            wal.release(oldest);
        }
    }

    private void deleteBefore(FileWal wal, TopicIdPartition partition, Random random) {
        Model model = model(partition);
        long start = model.localStart();
        long offset = start + random.nextInt((int) (model.end - start) + 1);
        wal.deleteRecordsBefore(partition, offset);
        model.start = Math.max(model.start, offset);
    }

    private void check(FileWal wal, TopicIdPartition partition, Random random) {
        Model model = model(partition);
        PartitionState state = wal.partition(partition).orElseThrow();
        assertThat(state.highWatermark()).isEqualTo(model.end);
        assertThat(state.logEndOffset()).isEqualTo(model.end);
        assertThat(state.localLogStartOffset()).isEqualTo(model.localStart());
        checkRead(wal, partition, model, random);
        checkTimes(wal, partition, model, random.nextInt(11_000) - 500);
    }

    private static void checkRead(
            FileWal wal, TopicIdPartition partition, Model model, Random random) {
        long offset = model.localStart() + random.nextInt(40) - 5;
        Optional<FetchedBatches> read = wal.read(partition, offset, random.nextInt(5_000));
        if (offset < model.localStart() || offset > model.end) {
            assertThat(read).isEmpty();
            return;
        }
        try (FetchedBatches fetched = read.orElseThrow()) {
            long next = offset;
            for (int i = 0; i < fetched.batches().size(); i++) {
                Map.Entry<Long, Entry> expected = model.batches.floorEntry(next);
                assertThat(expected).isNotNull();
                assertThat(TestWal.bytes(fetched.batches().get(i)))
                        .isEqualTo(expected.getValue().bytes);
                assertThat(fetched.ingestTimeMs(i)).isEqualTo(expected.getValue().ingestTimeMs);
                next = BatchView.of(fetched.batches().get(i)).nextOffset();
            }
            assertThat(fetched.nextOffset()).isEqualTo(next);
            assertThat(fetched.batches().isEmpty()).isEqualTo(offset == model.end);
        }
    }

    private static void checkTimes(
            FileWal wal, TopicIdPartition partition, Model model, long timestampMs) {
        TreeMap<Long, Long> visible = new TreeMap<>();
        model.batches.values().forEach(e -> visible.putAll(e.records));
        visible.headMap(model.localStart()).clear();
        Optional<TimestampOffset> first =
                visible.entrySet().stream()
                        .filter(r -> r.getValue() >= timestampMs)
                        .findFirst()
                        .map(r -> new TimestampOffset(r.getValue(), r.getKey(), 0));
        assertThat(wal.offsetForTimestamp(partition, timestampMs)).isEqualTo(first);
        Optional<TimestampOffset> max =
                visible.entrySet().stream()
                        .max(
                                Map.Entry.<Long, Long>comparingByValue()
                                        .thenComparing(
                                                Map.Entry.comparingByKey(
                                                        Comparator.reverseOrder())))
                        .map(r -> new TimestampOffset(r.getValue(), r.getKey(), 0));
        assertThat(wal.maxTimestamp(partition)).isEqualTo(max);
        if (!model.batches.isEmpty()) {
            long time = model.batches.firstEntry().getValue().ingestTimeMs + timestampMs / 100;
            OptionalLong after =
                    model.batches.entrySet().stream()
                            .filter(e -> e.getValue().ingestTimeMs > time)
                            .mapToLong(e -> Math.max(e.getKey(), model.localStart()))
                            .findFirst();
            assertThat(wal.endOffsetForIngestTime(partition, time)).isEqualTo(after);
        }
    }

    private Model model(TopicIdPartition partition) {
        return models.computeIfAbsent(partition, _ -> new Model());
    }

    /// A copy of the files as a killed process leaves them.
    static void snapshot(Path from, Path to) throws IOException {
        while (true) {
            List<String> before = listing(from);
            try {
                TestWal.copy(from, to);
            } catch (NoSuchFileException | UncheckedIOException _) {
                // sealing goes on in the background: try again
            }
            if (before.equals(listing(from)) && before.size() == listing(to).size()) {
                return;
            }
            try (Stream<Path> all = Files.walk(to)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static List<String> listing(Path directory) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                found.add(
                        Files.isDirectory(path)
                                ? path.getFileName().toString()
                                : path.getFileName()
                                        + " "
                                        + Files.size(path)
                                        + " "
                                        + Files.getLastModifiedTime(path));
            }
        } catch (NoSuchFileException | UncheckedIOException _) {
            return List.of("changing");
        }
        return found.stream().sorted().skip(1).toList();
    }
}
