package io.annals.ingest.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FetchedBatches;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Ends of transactions in an internal topic: together with their markers, or decided only, and
/// always at the offset that was promised.
@Timeout(60)
class InternalLogEndingTest {
    private static final Uuid TOPIC = new Uuid(3, 4);
    private static final TopicIdPartition STATE = new TopicIdPartition(TOPIC, 0, "state");
    private static final TopicIdPartition DATA = new TopicIdPartition(TOPIC, 1, "state");
    private static final short NEWEST_EPOCH = 9;

    @TempDir private Path directory;
    private final List<String> failures = new ArrayList<>();
    private FileWal wal;
    private InternalLog log;

    @BeforeEach
    void open() throws IOException {
        wal =
                FileWal.open(
                        new WalConfig(
                                directory,
                                1,
                                64 << 10,
                                Duration.ofHours(1),
                                96 << 10,
                                1 << 10,
                                Duration.ofMillis(1),
                                Duration.ofMillis(1)),
                        Clock.systemUTC());
        wal.createPartition(STATE, 0);
        wal.createPartition(DATA, 0);
        log = new InternalLog(STATE, wal, 0, (_, reason) -> failures.add(reason));
    }

    @AfterEach
    void close() throws IOException {
        wal.close();
    }

    private static MemoryRecords record(String value) {
        return MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(value.getBytes(StandardCharsets.UTF_8)));
    }

    private AppendOutcome begin(long producer, short epoch, int valueBytes) {
        ByteBuffer batch =
                MemoryRecords.withTransactionalRecords(
                                Compression.NONE,
                                producer,
                                epoch,
                                0,
                                new SimpleRecord(new byte[valueBytes]))
                        .buffer();
        return wal.append(new AppendRequest(DATA, batch, FsyncMode.ALWAYS, false)).join();
    }

    private CompletionStage<Boolean> end(long producer) {
        return log.end(
                new InternalLog.Ending(
                        record("completed " + producer),
                        record("decided " + producer + ", which is longer"),
                        new EndTransaction(
                                producer, (short) 1, 0, true, Set.of(DATA), FsyncMode.ALWAYS)));
    }

    private static boolean get(CompletionStage<Boolean> durable) throws Exception {
        return durable.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private List<String> values() {
        List<String> values = new ArrayList<>();
        long end = wal.partition(STATE).orElseThrow().highWatermark();
        for (long next = 0; next < end; ) {
            try (FetchedBatches read = wal.read(STATE, next, 1 << 20).orElseThrow()) {
                for (ByteBuffer bytes : read.batches()) {
                    for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
                        for (Record each : batch) {
                            values.add(Utils.utf8(each.value()).split(",", 2)[0]);
                        }
                    }
                }
                next = read.nextOffset();
            }
        }
        return values;
    }

    @Test
    void manyTransactionsThatEndAtOnceEndWithTheirMarkers() throws Exception {
        List<CompletionStage<Boolean>> ends = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (long producer = 0; producer < 100; producer++) {
            assertThat(begin(producer, (short) 0, 10)).isInstanceOf(AppendOutcome.Appended.class);
        }
        for (long producer = 0; producer < 100; producer++) {
            ends.add(end(producer));
            expected.add("completed " + producer);
        }
        for (CompletionStage<Boolean> end : ends) {
            assertThat(get(end)).isTrue();
        }
        assertThat(values()).isEqualTo(expected);
        assertThat(wal.partition(DATA).orElseThrow().lastStableOffset()).isEqualTo(200);
        assertThat(failures).isEmpty();
    }

    @Test
    void aRefusedMarkerLeavesADecisionAtThePromisedOffsetAndHarmsNobodyElse() throws Exception {
        for (long producer = 0; producer < 50; producer++) {
            begin(producer, producer == 20 ? NEWEST_EPOCH : 0, 10);
        }
        List<CompletionStage<Boolean>> ends = new ArrayList<>();
        List<CompletionStage<Void>> others = new ArrayList<>();
        for (long producer = 0; producer < 50; producer++) {
            ends.add(end(producer));
            InternalLog.Appending between = log.append(record("between " + producer));
            assertThat(between.baseOffset()).isEqualTo(2 * producer + 1);
            others.add(between.durable());
        }
        List<String> expected = new ArrayList<>();
        for (int producer = 0; producer < 50; producer++) {
            boolean together = get(ends.get(producer));
            expected.add((together ? "completed " : "decided ") + producer);
            expected.add("between " + producer);
            others.get(producer).toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
        assertThat(get(ends.get(20))).isFalse();
        assertThat(values()).isEqualTo(expected);
        long ended = expected.stream().filter(value -> value.startsWith("completed")).count();
        assertThat(wal.partition(DATA).orElseThrow().logEndOffset()).isEqualTo(50 + ended);
        assertThat(failures).isEmpty();
    }

    @Test
    void anEndThatFindsTheHotTierFullIsTriedAgain() throws Exception {
        begin(1, (short) 0, 10);
        long producer = 100;
        AppendOutcome filled = begin(producer, (short) 0, 1_000);
        while (filled instanceof AppendOutcome.Appended) {
            filled = begin(++producer, (short) 0, 1_000);
        }
        for (int bytes = 900; bytes > 0; bytes -= 10) {
            begin(++producer, (short) 0, bytes);
        }
        CompletionStage<Boolean> end = end(1);
        CompletionStage<Void> behind = log.append(record("behind")).durable();
        assertThat(end.toCompletableFuture()).isNotDone();
        for (SealedSegment segment : wal.sealedSegments()) {
            wal.release(segment);
        }
        assertThat(get(end)).isTrue();
        behind.toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(values()).containsExactly("completed 1", "behind");
        assertThat(failures).isEmpty();
    }
}
