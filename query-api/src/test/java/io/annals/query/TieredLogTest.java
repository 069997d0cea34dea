package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.RecordSegment;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TieredLogTest {
    private static final long TIME = 1_700_000_000_000L;

    @TempDir private Path directory;
    private TieredFixture node;

    /// What the log should hold.
    private record Entry(long offset, long timestampMs, long ingestTimeMs, int value) {}

    private final List<Entry> model = new ArrayList<>();
    private long logStartOffset;

    @BeforeEach
    void start() throws IOException {
        node = new TieredFixture(directory, TIME);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private static byte[] bytes(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private void append(Random random, int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            long offset = model.size();
            long timestampMs = TIME + random.nextInt(1000);
            int value = random.nextInt();
            records[i] = new SimpleRecord(timestampMs, bytes(value));
            model.add(new Entry(offset, timestampMs, node.clock.millis(), value));
        }
        node.append(random, records);
    }

    private void verifyAll(Random random) throws IOException {
        PartitionBounds bounds = node.log.bounds(node.partition).orElseThrow();
        assertThat(bounds.highWatermark()).isEqualTo(model.size());
        assertThat(bounds.logStartOffset()).isEqualTo(logStartOffset);
        long from = logStartOffset + random.nextInt((int) (model.size() - logStartOffset) + 1);
        verifyRecords(from);
        verifyAsOf(from, TIME + random.nextInt(300));
        verifyTimes(TIME + random.nextInt(1200));
        if (from < model.size()) {
            LogRecord record = node.log.record(node.partition, from).orElseThrow();
            assertThat(record.value()).isEqualTo(bytes(model.get((int) from).value()));
        }
        assertThat(node.log.record(node.partition, logStartOffset - 1)).isEmpty();
        assertThat(node.log.record(node.partition, model.size())).isEmpty();
        assertThatThrownBy(() ->
                        node.log.records(
                                node.partition,
                                new RecordQuery(logStartOffset - 1, 1, 1, OptionalLong.empty())))
                .isInstanceOf(OffsetOutOfRangeException.class);
    }

    private void verifyRecords(long from) throws IOException {
        List<LogRecord> read = new ArrayList<>();
        long next = from;
        RecordPage page;
        do {
            page = node.log.records(node.partition, query(next, OptionalLong.empty()));
            read.addAll(page.records());
            next = page.nextOffset();
        } while (!page.complete());
        assertThat(next).isEqualTo(model.size());
        assertThat(entries(read)).isEqualTo(model.subList((int) from, model.size()));
        TreeSet<Long> some = new TreeSet<>();
        for (long offset = from; offset < model.size(); offset += 7) {
            some.add(offset);
        }
        assertThat(node.log.records(node.partition, some))
                .extracting(LogRecord::offset)
                .containsExactlyElementsOf(some);
    }

    private void verifyAsOf(long from, long asOfMs) throws IOException {
        List<LogRecord> read = new ArrayList<>();
        long next = from;
        RecordPage page;
        do {
            page = node.log.records(node.partition, query(next, OptionalLong.of(asOfMs)));
            read.addAll(page.records());
            next = page.nextOffset();
        } while (!page.complete());
        assertThat(entries(read))
                .isEqualTo(
                        model.stream()
                                .filter(e -> e.offset() >= from && e.ingestTimeMs() <= asOfMs)
                                .toList());
        long end = model.stream().filter(e -> e.ingestTimeMs() <= asOfMs).count();
        assertThat(node.log.endOffsetForIngestTime(node.partition, asOfMs).orElseThrow())
                .isEqualTo(Math.max(end, logStartOffset));
    }

    private void verifyTimes(long timestampMs) throws IOException {
        Optional<Long> first =
                live().stream()
                        .filter(e -> e.timestampMs() >= timestampMs)
                        .map(Entry::offset)
                        .findFirst();
        assertThat(node.log.offsetForTimestamp(node.partition, timestampMs).map(t -> t.offset()))
                .isEqualTo(first);
        if (logStartOffset == 0) {
            assertThat(node.log.maxTimestamp(node.partition).map(t -> t.timestampMs()))
                    .isEqualTo(
                            live().stream()
                                    .max(Comparator.comparingLong(Entry::timestampMs))
                                    .map(Entry::timestampMs));
        }
    }

    private List<Entry> live() {
        return model.subList((int) logStartOffset, model.size());
    }

    private static RecordQuery query(long from, OptionalLong asOfMs) {
        return new RecordQuery(from, 13, 1 << 20, asOfMs);
    }

    private static List<Entry> entries(List<LogRecord> records) {
        return records.stream()
                .map(r ->
                        new Entry(
                                r.offset(),
                                r.timestampMs(),
                                r.ingestTimeMs(),
                                ByteBuffer.wrap(Objects.requireNonNull(r.value())).getInt()))
                .toList();
    }

    @Test
    void agrees_with_a_model_whatever_is_archived_and_deleted() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        try {
            for (int step = 0; step < 200; step++) {
                switch (random.nextInt(10)) {
                    case 0 -> node.archive(random.nextBoolean());
                    case 1 -> {
                        if (random.nextInt(4) == 0) {
                            logStartOffset +=
                                    random.nextInt((int) (model.size() - logStartOffset) / 4 + 1);
                            node.deleteRecordsBefore(logStartOffset);
                        }
                    }
                    case 2 -> node.clock.advanceMs(random.nextInt(20));
                    case 3, 4 -> verifyAll(random);
                    default -> append(random, 1 + random.nextInt(5));
                }
            }
            verifyAll(random);
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError("rerun with -Dseed=" + seed, failure);
        }
    }

    @Test
    void the_largest_time_is_asked_of_one_segment() throws IOException {
        for (long ms : List.of(10, 30, 20, 30)) {
            node.append(new Random(ms), new SimpleRecord(TIME + ms, new byte[4]));
            node.archive(true);
        }
        List<RecordSegment> segments =
                List.copyOf(node.registry.snapshot().segments(node.partition.topicId()));
        for (int i : List.of(0, 2, 3)) { // all but the first one with the largest time
            node.objects.delete(segments.get(i).object().key());
        }
        node.reopenArchive();

        assertThat(node.log.maxTimestamp(node.partition))
                .hasValueSatisfying(found -> {
                    assertThat(found.timestampMs()).isEqualTo(TIME + 30);
                    assertThat(found.offset()).isEqualTo(1);
                });
    }

    @Test
    void readers_see_every_record_once_while_the_border_moves() throws Exception {
        Random random = new Random(3);
        AtomicBoolean writing = new AtomicBoolean(true);
        Thread archiver =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                while (writing.get()) {
                                    node.archive(true);
                                }
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        });
        long read = 0;
        for (int i = 0; i < 400; i++) {
            append(random, 3);
            RecordPage page =
                    node.log.records(
                            node.partition,
                            new RecordQuery(read, 10_000, 1 << 20, OptionalLong.empty()));
            assertThat(entries(page.records())).isEqualTo(model.subList((int) read, model.size()));
            read = i % 10 == 0 ? 0 : page.nextOffset();
        }
        writing.set(false);
        archiver.join();
    }

    @Test
    void what_is_in_both_tiers_can_be_read_where_it_is_compacted() throws IOException {
        Random random = new Random(7);
        append(random, 5);
        node.archive(false);
        append(random, 5);

        // an archived segment ends where the log goes on in the hot tier
        assertThat(nextOffset(0, 0)).isEqualTo(5);
        assertThat(nextOffset(5, 0)).isEqualTo(10);
        long hotBytes = node.wal.sizeBytes(node.partition);
        assertThat(nextOffset(0, hotBytes)).as("little is in the hot tier").isEqualTo(10);
        node.loseArchivedObjects();
        node.reopenArchive();
        assertThat(nextOffset(0, 0)).as("the archive is away").isEqualTo(10);

        node.archive(true);
        assertThatThrownBy(() -> nextOffset(0, 0)).isInstanceOf(IOException.class);
    }

    private long nextOffset(long offset, long hotBytes) throws IOException {
        LogRead read = node.log.readCompacted(node.partition, offset, 1 << 20, hotBytes);
        try (FetchedBatches batches = ((LogRead.Found) read).batches()) {
            return batches.nextOffset();
        }
    }

    @Test
    void a_missing_archive_object_is_an_error_and_not_a_shorter_log() throws IOException {
        Random random = new Random(5);
        append(random, 5);
        node.archive(true);
        append(random, 5);
        node.loseArchivedObjects();
        node.reopenArchive();

        assertThatThrownBy(() -> node.log.read(node.partition, 2, 1000))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> node.log.records(node.partition, query(0, OptionalLong.empty())))
                .isInstanceOf(IOException.class);
        assertThat(node.log.record(node.partition, 7)).isPresent();
    }
}
