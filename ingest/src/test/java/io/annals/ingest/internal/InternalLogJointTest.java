package io.annals.ingest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.EndTransaction;
import io.annals.wal.FetchedBatches;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Markers of one internal topic that are written with the states of another: at their turn, where
/// they were promised, and without two logs ever waiting for each other.
@Timeout(60)
class InternalLogJointTest {
    private static final Uuid STATES = new Uuid(3, 4);
    private static final Uuid OFFSETS = new Uuid(5, 6);
    private static final int LOGS = 3;
    private static final long SEED = Long.getLong("annals.test.seed", System.nanoTime());

    @TempDir private Path directory;
    private final Random random = new Random(SEED);
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private final List<InternalLog> states = new ArrayList<>();
    private final List<InternalLog> offsets = new ArrayList<>();
    private FileWal wal;

    @BeforeEach
    void open() throws IOException {
        wal =
                FileWal.open(
                        new WalConfig(
                                directory,
                                1,
                                64 << 10,
                                Duration.ofHours(1),
                                8 << 20,
                                1 << 10,
                                Duration.ofMillis(1),
                                Duration.ofMillis(1)),
                        Clock.systemUTC());
        for (int i = 0; i < LOGS; i++) {
            states.add(log(new TopicIdPartition(STATES, i, "states")));
            offsets.add(log(new TopicIdPartition(OFFSETS, i, "offsets")));
        }
    }

    private InternalLog log(TopicIdPartition partition) {
        wal.createPartition(partition, 0);
        return new InternalLog(
                partition, wal, 0, (failed, reason) -> failures.add(failed + ": " + reason));
    }

    @AfterEach
    void close() throws IOException {
        wal.close();
    }

    private static MemoryRecords record(String value) {
        return MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(value.getBytes(StandardCharsets.UTF_8)));
    }

    private static MemoryRecords offset(long producer) {
        return MemoryRecords.withTransactionalRecords(
                Compression.NONE, producer, (short) 0, 0, new SimpleRecord(new byte[10]));
    }

    private static MemoryRecords marker(long producer) {
        return MemoryRecords.withEndTransactionMarker(
                producer, (short) 1, new EndTransactionMarker(ControlRecordType.COMMIT, 0));
    }

    private static CompletionStage<Boolean> end(InternalLog state, InternalLog log, long producer) {
        return state.end(
                new InternalLog.Ending(
                        record("completed " + producer),
                        record("decided " + producer),
                        new EndTransaction(
                                producer,
                                (short) 1,
                                0,
                                true,
                                Set.of(log.partition()),
                                FsyncMode.ALWAYS)));
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    /// Whose markers there are, by offset; -1 where there is another record.
    private List<Long> markers(InternalLog log) {
        List<Long> markers = new ArrayList<>();
        TopicIdPartition partition = log.partition();
        long end = wal.partition(partition).orElseThrow().highWatermark();
        for (long next = 0; next < end; ) {
            try (FetchedBatches read = wal.read(partition, next, 1 << 20).orElseThrow()) {
                for (ByteBuffer bytes : read.batches()) {
                    for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
                        markers.add(batch.isControlBatch() ? batch.producerId() : -1L);
                    }
                }
                next = read.nextOffset();
            }
        }
        return markers;
    }

    /// A log is idle soon after it has told that its last append is durable, not before.
    private static void awaitIdle(InternalLog log) throws InterruptedException {
        for (int i = 0; i < 1_000 && !log.isIdle(); i++) {
            Thread.sleep(10);
        }
        assertThat(log.isIdle()).isTrue();
    }

    @Test
    void manyTransactionsOverManyLogsAllEndWhereTheirMarkersWerePromised() throws Exception {
        List<CompletionStage<?>> all = new ArrayList<>();
        List<List<Long>> expected = new ArrayList<>();
        for (int i = 0; i < LOGS; i++) {
            expected.add(new ArrayList<>());
        }
        AtomicInteger together = new AtomicInteger();
        int transactions = 300;
        for (long producer = 0; producer < transactions; producer++) {
            long ending = producer;
            int to = random.nextInt(LOGS);
            InternalLog log = offsets.get(to);
            InternalLog state = states.get(random.nextInt(LOGS));
            all.add(log.append(offset(producer)).durable());
            all.add(state.append(record("ongoing " + producer)).durable());
            InternalLog.Appending marked =
                    log.appendJointly(
                            marker(producer),
                            () ->
                                    end(state, log, ending)
                                            .thenApply(written -> {
                                                together.incrementAndGet();
                                                return written;
                                            }));
            assertThat(marked.baseOffset()).isEqualTo(expected.get(to).size() + 1);
            expected.get(to).add(-1L);
            expected.get(to).add(producer);
            all.add(marked.durable());
        }
        for (CompletionStage<?> each : all) {
            get(each);
        }
        assertThat(together).as("seed %d", SEED).hasValue(transactions);
        for (int i = 0; i < LOGS; i++) {
            assertThat(markers(offsets.get(i))).as("seed %d", SEED).isEqualTo(expected.get(i));
            awaitIdle(offsets.get(i));
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void aMarkerThatCouldNotBeWrittenTogetherIsWrittenAloneAtItsPlace() throws Exception {
        InternalLog log = offsets.getFirst();
        CompletableFuture<Boolean> decided = new CompletableFuture<>();
        get(log.append(offset(1)).durable());
        InternalLog.Appending marked = log.appendJointly(marker(1), () -> decided);
        InternalLog.Appending behind = log.append(record("behind"));
        assertThat(log.isIdle()).isFalse();
        Thread.sleep(50);
        assertThat(wal.partition(log.partition()).orElseThrow().logEndOffset()).isEqualTo(1);

        decided.complete(false);
        get(marked.durable());
        get(behind.durable());
        assertThat(markers(log)).containsExactly(-1L, 1L, -1L);
        assertThat(failures).isEmpty();
    }

    @Test
    void aLogWhoseMarkerMayNeverBeWrittenEnds() throws Exception {
        InternalLog log = offsets.getFirst();
        InternalLog.Appending marked =
                log.appendJointly(
                        marker(1),
                        () -> CompletableFuture.failedFuture(new KafkaStorageException("gone")));
        assertThatThrownBy(() -> get(marked.durable()))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("gone");
        assertThatThrownBy(() -> log.append(record("behind")))
                .isInstanceOf(KafkaStorageException.class);
        assertThat(markers(log)).isEmpty();
        for (int i = 0; i < 100 && failures.isEmpty(); i++) {
            Thread.sleep(10);
        }
        assertThat(failures).singleElement().asString().contains("gone");
    }
}
