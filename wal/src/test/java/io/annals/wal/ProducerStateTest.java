package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.P1;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.open;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Duplicate;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProducerStateTest {
    private static final long PRODUCER = 4_000;

    @TempDir Path directory;

    private static ByteBuffer batch(int epoch, int sequence, int records) {
        SimpleRecord[] all = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            all[i] = new SimpleRecord(1_000, null, new byte[10]);
        }
        return Batches.idempotent(PRODUCER, epoch, sequence, all);
    }

    private static AppendOutcome send(
            FileWal wal, TopicIdPartition partition, int epoch, int sequence, int records) {
        return append(wal, partition, batch(epoch, sequence, records));
    }

    private static void assertAppended(AppendOutcome outcome, long base, long end) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Appended.class,
                        a -> {
                            assertThat(a.baseOffset()).isEqualTo(base);
                            assertThat(a.endOffset()).isEqualTo(end);
                        });
    }

    private static void assertDuplicate(AppendOutcome outcome, long base, long end) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Duplicate.class,
                        a -> {
                            assertThat(a.baseOffset()).isEqualTo(base);
                            assertThat(a.endOffset()).isEqualTo(end);
                        });
    }

    private static void assertRejected(AppendOutcome outcome, Reason reason) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(reason));
    }

    @Test
    void theLastFiveBatchesAreRecognisedAndOlderOnesAreOutOfOrder() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            for (int i = 0; i < 6; i++) {
                assertAppended(send(wal, P0, 0, 2 * i, 2), 2L * i, 2L * i + 2);
            }
            for (int i = 1; i < 6; i++) {
                assertDuplicate(send(wal, P0, 0, 2 * i, 2), 2L * i, 2L * i + 2);
            }
            assertRejected(send(wal, P0, 0, 0, 2), Reason.OUT_OF_ORDER_SEQUENCE);
            assertRejected(send(wal, P0, 0, 14, 2), Reason.OUT_OF_ORDER_SEQUENCE);
            assertRejected(send(wal, P0, 0, 10, 1), Reason.OUT_OF_ORDER_SEQUENCE);
            assertAppended(send(wal, P0, 0, 12, 2), 12, 14);
        }
    }

    @Test
    void anUnknownProducerMayBeginAnywhere() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            assertAppended(send(wal, P0, 3, 77, 1), 0, 1);
            assertAppended(send(wal, P0, 3, 78, 1), 1, 2);
        }
    }

    @Test
    void aNewEpochBeginsAtZeroAndFencesTheOldOne() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            assertAppended(send(wal, P0, 0, 0, 1), 0, 1);
            assertRejected(send(wal, P0, 1, 1, 1), Reason.OUT_OF_ORDER_SEQUENCE);
            assertAppended(send(wal, P0, 1, 0, 1), 1, 2);
            assertRejected(send(wal, P0, 0, 1, 1), Reason.INVALID_PRODUCER_EPOCH);
            assertDuplicate(send(wal, P0, 1, 0, 1), 1, 2);
        }
    }

    @Test
    void sequencesWrapAround() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            assertAppended(send(wal, P0, 0, Integer.MAX_VALUE - 1, 3), 0, 3);
            assertAppended(send(wal, P0, 0, 1, 1), 3, 4);
            assertDuplicate(send(wal, P0, 0, Integer.MAX_VALUE - 1, 3), 0, 3);
            assertAppended(send(wal, P0, 0, 2, 1), 4, 5);
        }
    }

    @Test
    void partitionsAreIndependent() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.createPartition(P1, 0);
            assertAppended(send(wal, P0, 0, 0, 1), 0, 1);
            assertAppended(send(wal, P1, 0, 0, 1), 0, 1);
            assertRejected(send(wal, P1, 0, 2, 1), Reason.OUT_OF_ORDER_SEQUENCE);
        }
    }

    @Test
    void anAppendOfSeveralBatchesCountsAsAWholeOrNotAtAll() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            ByteBuffer gap = Batches.concat(batch(0, 0, 1), batch(0, 2, 1));
            assertRejected(append(wal, P0, gap), Reason.OUT_OF_ORDER_SEQUENCE);
            assertThat(wal.partition(P0).orElseThrow().logEndOffset()).isZero();
            assertAppended(send(wal, P0, 0, 0, 1), 0, 1);
            assertAppended(append(wal, P0, Batches.concat(batch(0, 1, 1), batch(0, 2, 1))), 1, 3);
        }
    }

    @Test
    void aRetryWhileTheFirstAttemptIsInFlightGetsTheSameOffsets() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            List<CompletableFuture<AppendOutcome>> attempts = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                attempts.add(
                        wal.append(new AppendRequest(P0, batch(0, 0, 2), FsyncMode.BATCH, false)));
            }
            assertAppended(attempts.getFirst().join(), 0, 2);
            for (CompletableFuture<AppendOutcome> retry : attempts.subList(1, 10)) {
                assertDuplicate(retry.join(), 0, 2);
                assertThat(wal.partition(P0).orElseThrow().highWatermark()).isEqualTo(2);
            }
        }
    }

    @Test
    void stateSurvivesRestartsKillsAndTheReleaseOfEverySegment() throws IOException {
        Path killed = directory.resolve("killed");
        Path first = directory.resolve("first");
        try (FileWal wal = open(first)) {
            wal.createPartition(P0, 0);
            assertAppended(send(wal, P0, 0, 0, 2), 0, 2);
            wal.sealNow();
            assertAppended(send(wal, P0, 0, 2, 2), 2, 4);
            TestWal.copy(first, killed);
        }
        try (FileWal wal = open(killed)) {
            assertDuplicate(send(wal, P0, 0, 0, 2), 0, 2);
            assertDuplicate(send(wal, P0, 0, 2, 2), 2, 4);
            assertAppended(send(wal, P0, 0, 4, 2), 4, 6);
            wal.sealNow();
            for (SealedSegment segment : wal.sealedSegments()) {
                wal.release(segment);
            }
        }
        try (FileWal wal = open(killed)) {
            assertThat(wal.sealedSegments()).isEmpty();
            assertDuplicate(send(wal, P0, 0, 4, 2), 4, 6);
            assertRejected(send(wal, P0, 0, 9, 2), Reason.OUT_OF_ORDER_SEQUENCE);
            assertAppended(send(wal, P0, 0, 6, 2), 6, 8);
        }
    }

    @Test
    void theNumberOfProducersRememberedIsBounded() {
        ProducerStates states = new ProducerStates();
        PartitionKey key = PartitionKey.of(P0);
        for (int i = 0; i < ProducerStates.MAX_PRODUCERS + 10; i++) {
            ByteBuffer batch = Batches.idempotent(i, 0, 0, new SimpleRecord(1, null, new byte[1]));
            states.begin(1);
            states.add(key, BatchView.of(batch), i);
        }
        assertThat(states.size()).isEqualTo(ProducerStates.MAX_PRODUCERS);
        states.expire(ProducerStates.EXPIRY_MS + ProducerStates.MAX_PRODUCERS, _ -> false);
        assertThat(states.size()).isEqualTo(10);
        states.expire(0, _ -> true);
        assertThat(states.size()).isZero();
    }
}
