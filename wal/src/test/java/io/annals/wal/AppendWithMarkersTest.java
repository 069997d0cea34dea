package io.annals.wal;

import static io.annals.wal.TestTransactions.OTHER;
import static io.annals.wal.TestTransactions.PRODUCER;
import static io.annals.wal.TestTransactions.assertRejected;
import static io.annals.wal.TestTransactions.begin;
import static io.annals.wal.TestTransactions.ending;
import static io.annals.wal.TestTransactions.lastStableOffset;
import static io.annals.wal.TestTransactions.records;
import static io.annals.wal.TestTransactions.send;
import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.P1;
import static io.annals.wal.TestWal.config;
import static io.annals.wal.TestWal.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A record and the markers of ended transactions as one append.
@Timeout(60)
class AppendWithMarkersTest {
    private static final TopicIdPartition STATE = TestWal.partition(8);

    @TempDir private Path directory;
    private final FaultyFiles faults = new FaultyFiles();
    private FileWal wal;

    @BeforeEach
    void open() throws IOException {
        wal = FileWal.open(config(directory), Clock.systemUTC(), faults.files());
        for (TopicIdPartition partition : List.of(P0, P1, STATE)) {
            wal.createPartition(partition, 0);
        }
    }

    @AfterEach
    void close() throws IOException {
        wal.close();
    }

    private static ByteBuffer state() {
        return Batches.ofBytes(20);
    }

    private Optional<CompletableFuture<AppendOutcome>> append(EndTransaction... ended) {
        return wal.append(request(STATE, state()), List.of(ended));
    }

    private long end(TopicIdPartition partition) {
        return wal.partition(partition).orElseThrow().logEndOffset();
    }

    @Test
    void whoReadsTheRecordFindsTheTransactionsEnded() {
        begin(wal, P0, PRODUCER);
        begin(wal, P1, PRODUCER);
        begin(wal, P1, OTHER);
        List<Long> stableAtRecord = new ArrayList<>();
        wal.addListener(
                new WalListener() {
                    @Override
                    public void highWatermarkAdvanced(TopicIdPartition partition, long offset) {
                        if (partition.equals(STATE)) {
                            stableAtRecord.add(lastStableOffset(wal, P0));
                            stableAtRecord.add(lastStableOffset(wal, P1));
                        }
                    }
                });
        assertThat(
                        append(ending(PRODUCER, 1, 0, true, P0, P1), ending(OTHER, 1, 0, false, P1))
                                .orElseThrow()
                                .join())
                .isInstanceOfSatisfying(
                        Appended.class, appended -> assertThat(appended.endOffset()).isEqualTo(1));
        assertThat(stableAtRecord).containsExactly(3L, 6L);
        assertThat(wal.abortedTransactions(P0, 0, 3)).isEmpty();
        assertThat(wal.abortedTransactions(P1, 0, 6))
                .extracting(AbortedTransaction::producerId)
                .containsExactly(OTHER);
        assertThat(send(wal, P1, PRODUCER, 1, 0, 1)).isInstanceOf(Appended.class);
    }

    @Test
    void oneRefusedMarkerKeepsEverythingFromBeingWritten() {
        begin(wal, P0, PRODUCER);
        send(wal, P1, PRODUCER, 5, 0, 2);
        assertRejected(
                append(ending(PRODUCER, 1, 0, true, P0, P1)).orElseThrow().join(),
                Reason.INVALID_PRODUCER_EPOCH);
        assertThat(lastStableOffset(wal, P0)).isZero();
        assertThat(end(P0)).isEqualTo(2);
        assertThat(end(P1)).isEqualTo(2);
        assertThat(end(STATE)).isZero();
        assertThat(wal.activeProducers(P0).getFirst().producerEpoch()).isZero();
        // not fenced by the marker that was not written
        assertThat(send(wal, P0, PRODUCER, 0, 2, 1)).isInstanceOf(Appended.class);
    }

    @Test
    void aTopicThatGoesMeanwhileKeepsEverythingFromBeingWritten() {
        begin(wal, P0, PRODUCER);
        wal.deleteTopic(TestWal.TOPIC);
        assertThat(append(ending(PRODUCER, 0, 0, true, P0))).isEmpty();
    }

    @Test
    void nothingHappensIfItCannotBeOneAppend() throws IOException {
        Path other = directory.resolve("other");
        try (FileWal sharded = FileWal.open(config(other, 2, 4096), Clock.systemUTC())) {
            TopicIdPartition[] all = new TopicIdPartition[80];
            List<TopicIdPartition> sameShard = new ArrayList<>();
            for (int i = 0; i < all.length; i++) {
                all[i] = TestWal.partition(i);
                sharded.createPartition(all[i], 0);
                begin(sharded, all[i], PRODUCER);
                if (i % 2 == 0) {
                    sameShard.add(all[i]);
                }
            }
            AppendRequest request = request(all[0], state());
            TopicIdPartition[] tooMany = sameShard.toArray(TopicIdPartition[]::new);
            assertThat(sharded.append(request, List.of(ending(PRODUCER, 0, 0, true, tooMany))))
                    .as("%d markers in a segment of 4096 bytes", tooMany.length)
                    .isEmpty();
            assertThat(sharded.append(request, List.of(ending(PRODUCER, 0, 0, true, all[1]))))
                    .as("another shard")
                    .isEmpty();
            TopicIdPartition unknown = TestWal.partition(100);
            assertThat(sharded.append(request, List.of(ending(PRODUCER, 0, 0, true, unknown))))
                    .isEmpty();
            assertThat(
                            sharded.append(
                                            request,
                                            List.of(ending(PRODUCER, 0, 0, true, all[2], all[4])))
                                    .orElseThrow()
                                    .join())
                    .isInstanceOf(Appended.class);
            for (TopicIdPartition partition : List.of(all[0], all[1], all[6])) {
                assertThat(lastStableOffset(sharded, partition)).isZero();
            }
        }
    }

    @Test
    void anAppendThatCouldContradictItselfIsAnError() {
        ByteBuffer ofProducer = Batches.idempotent(PRODUCER, 0, 0, records(1));
        assertThatThrownBy(() ->
                        wal.append(
                                request(STATE, ofProducer), List.of(ending(OTHER, 0, 0, true, P0))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        append(ending(PRODUCER, 0, 0, true, P0), ending(PRODUCER, 1, 0, true, P0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void afterAFailedFsyncNothingIsShownAndARestartFindsAllOrNothing() throws IOException {
        begin(wal, P0, PRODUCER);
        faults.failForces = "I/O error";
        assertRejected(
                append(ending(PRODUCER, 0, 0, true, P0)).orElseThrow().join(),
                Reason.STORAGE_ERROR);
        assertThat(lastStableOffset(wal, P0)).isZero();
        assertThat(wal.partition(STATE).orElseThrow().highWatermark()).isZero();
        faults.failForces = null;
        wal.close();
        wal = FileWal.open(config(directory), Clock.systemUTC());
        wal.createPartition(STATE, 0);
        boolean there = end(STATE) == 1;
        assertThat(lastStableOffset(wal, P0)).isEqualTo(there ? 3 : 0);
    }

    @Test
    void theTransactionsOfAFullHotTierStayOpen() throws IOException {
        Path full = directory.resolve("full");
        WalConfig small = config(full, 1, 4096);
        WalConfig bounded =
                new WalConfig(
                        small.directory(),
                        1,
                        4096,
                        small.segmentAge(),
                        1_000,
                        small.batchFsyncBytes(),
                        small.batchFsyncDelay(),
                        small.periodicFsyncInterval());
        try (FileWal tight = FileWal.open(bounded, Clock.systemUTC())) {
            tight.createPartition(P0, 0);
            tight.createPartition(STATE, 0);
            begin(tight, P0, PRODUCER);
            TestWal.append(tight, P0, Batches.ofBytes(300));
            assertRejected(
                    tight.append(
                                    request(STATE, Batches.ofBytes(300)),
                                    List.of(ending(PRODUCER, 0, 0, true, P0)))
                            .orElseThrow()
                            .join(),
                    Reason.HOT_TIER_FULL);
            assertThat(lastStableOffset(tight, P0)).isZero();
        }
    }
}
