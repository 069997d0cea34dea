package io.annals.wal;

import static io.annals.wal.TestTransactions.OTHER;
import static io.annals.wal.TestTransactions.PRODUCER;
import static io.annals.wal.TestTransactions.answer;
import static io.annals.wal.TestTransactions.assertRejected;
import static io.annals.wal.TestTransactions.begin;
import static io.annals.wal.TestTransactions.end;
import static io.annals.wal.TestTransactions.ending;
import static io.annals.wal.TestTransactions.joined;
import static io.annals.wal.TestTransactions.lastStableOffset;
import static io.annals.wal.TestTransactions.records;
import static io.annals.wal.TestTransactions.send;
import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.P1;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Transactions in a log that runs.
@Timeout(60)
class TransactionTest {
    @TempDir Path directory;

    @Test
    void theLastStableOffsetWaitsForTheOldestOpenTransaction() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            append(wal, P0, Batches.ofBytes(1));
            assertThat(lastStableOffset(wal, P0)).isEqualTo(1);
            begin(wal, P0, PRODUCER);
            begin(wal, P0, OTHER);
            append(wal, P0, Batches.ofBytes(1));
            assertThat(lastStableOffset(wal, P0)).isEqualTo(1);
            end(wal, P0, PRODUCER, 0, true);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(3);
            assertThat(wal.abortedTransactions(P0, 0, 7)).isEmpty();
            end(wal, P0, OTHER, 0, false);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(8);
            assertThat(wal.abortedTransactions(P0, 0, 8))
                    .containsExactly(new AbortedTransaction(OTHER, 3, 7));
            assertThat(wal.abortedTransactions(P0, 0, 3)).isEmpty();
            assertThat(wal.abortedTransactions(P0, 7, 8)).hasSize(1);
        }
    }

    @Test
    void committedReadsEndAtTheLastStableOffset() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            append(wal, P0, Batches.ofBytes(1));
            begin(wal, P0, PRODUCER);
            for (long offset : new long[] {0, 1, 2, 3}) {
                try (FetchedBatches all = wal.read(P0, offset, 10_000).orElseThrow();
                        FetchedBatches committed =
                                wal.read(P0, offset, 10_000, IsolationLevel.READ_COMMITTED)
                                        .orElseThrow()) {
                    assertThat(committed.batches()).hasSize(offset < 1 ? 1 : 0);
                    assertThat(all.nextOffset()).isEqualTo(3);
                }
            }
            assertThat(wal.read(P0, 4, 10, IsolationLevel.READ_COMMITTED)).isEmpty();
        }
    }

    @Test
    void aMarkerIsTheControlBatchThatKafkaWrites() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            begin(wal, P0, PRODUCER);
            assertThat(end(wal, P0, PRODUCER, 0, false))
                    .isInstanceOfSatisfying(
                            Appended.class, a -> assertThat(a.baseOffset()).isEqualTo(2));
            try (FetchedBatches read = wal.read(P0, 2, 1000).orElseThrow()) {
                BatchView batch = BatchView.of(read.batches().getFirst());
                assertThat(batch.isControl()).isTrue();
                assertThat(batch.isTransactional()).isTrue();
                assertThat(batch.crcIsValid()).isTrue();
                assertThat(batch.producerId()).isEqualTo(PRODUCER);
                Record record = batch.kafkaBatch().iterator().next();
                assertThat(ControlRecordType.parse(record.key()))
                        .isEqualTo(ControlRecordType.ABORT);
                assertThat(TransactionMarker.of(batch)).isEqualTo(new TransactionMarker(false, 0));
            }
        }
    }

    @Test
    void anOlderProducerEpochAndAnOlderCoordinatorAreFenced() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            send(wal, P0, PRODUCER, 3, 0, 1);
            assertRejected(end(wal, P0, PRODUCER, 2, true), Reason.INVALID_PRODUCER_EPOCH);
            assertThat(answer(wal, ending(PRODUCER, 4, 7, false, P0), P0))
                    .isInstanceOf(Appended.class);
            assertRejected(send(wal, P0, PRODUCER, 3, 1, 1), Reason.INVALID_PRODUCER_EPOCH);
            assertRejected(send(wal, P0, PRODUCER, 4, 1, 1), Reason.OUT_OF_ORDER_SEQUENCE);
            assertThat(send(wal, P0, PRODUCER, 4, 0, 1)).isInstanceOf(Appended.class);
            assertRejected(
                    answer(wal, ending(PRODUCER, 4, 6, true, P0), P0),
                    Reason.TRANSACTION_COORDINATOR_FENCED);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(2);
            assertThat(answer(wal, ending(PRODUCER, 4, 7, true, P0), P0))
                    .isInstanceOf(Appended.class);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(4);
        }
    }

    @Test
    void aProducerSendsNothingOutsideOfItsOpenTransaction() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            begin(wal, P0, PRODUCER);
            ByteBuffer outside = Batches.idempotent(PRODUCER, 0, 2, records(1));
            assertRejected(append(wal, P0, outside), Reason.INVALID_TXN_STATE);
            end(wal, P0, PRODUCER, 0, true);
            assertThat(append(wal, P0, Batches.idempotent(PRODUCER, 0, 2, records(1))))
                    .isInstanceOf(Appended.class);
        }
    }

    @Test
    void anAppendThatIsRefusedBeginsNoTransaction() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            ByteBuffer gap =
                    Batches.concat(
                            Batches.transactional(PRODUCER, 0, 0, records(1)),
                            Batches.transactional(PRODUCER, 0, 5, records(1)));
            assertRejected(append(wal, P0, gap), Reason.OUT_OF_ORDER_SEQUENCE);
            assertThat(append(wal, P0, Batches.idempotent(PRODUCER, 0, 0, records(1))))
                    .isInstanceOf(Appended.class);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(1);
        }
    }

    @Test
    void activeProducersAreDescribed() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            append(wal, P0, Batches.ofBytes(1));
            begin(wal, P0, PRODUCER);
            begin(wal, P0, OTHER);
            answer(wal, ending(OTHER, 0, 9, true, P0), P0);
            assertThat(wal.activeProducers(P0))
                    .extracting(
                            ActiveProducer::producerId,
                            ActiveProducer::lastSequence,
                            ActiveProducer::coordinatorEpoch,
                            ActiveProducer::transactionStartOffset)
                    .containsExactly(
                            tuple(PRODUCER, 1, -1, OptionalLong.of(1)),
                            tuple(OTHER, 1, 9, OptionalLong.empty()));
            assertThat(wal.activeProducers(P1)).isEmpty();
        }
    }

    @Test
    void whatAPartitionRefusesDoesNotKeepTheOthersFromBeingWritten() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.createPartition(P1, 0);
            send(wal, P0, PRODUCER, 5, 0, 1);
            begin(wal, P1, PRODUCER);
            TopicIdPartition unknown = TestWal.partition(7);
            Map<TopicIdPartition, CompletableFuture<AppendOutcome>> answers =
                    wal.endTransaction(ending(PRODUCER, 0, 0, true, P0, P1, unknown));
            assertRejected(joined(answers, P0), Reason.INVALID_PRODUCER_EPOCH);
            assertRejected(joined(answers, unknown), Reason.UNKNOWN_PARTITION);
            assertThat(joined(answers, P1)).isInstanceOf(Appended.class);
            assertThat(lastStableOffset(wal, P1)).isEqualTo(3);
            assertThat(lastStableOffset(wal, P0)).isZero();
        }
    }

    @Test
    void markersForMorePartitionsThanASegmentHoldsAreWrittenInSeveralAppends() throws IOException {
        try (FileWal wal = FileWal.open(TestWal.config(directory, 2, 4096), Clock.systemUTC())) {
            TopicIdPartition[] many = new TopicIdPartition[200];
            for (int i = 0; i < many.length; i++) {
                many[i] = TestWal.partition(i);
                wal.createPartition(many[i], 0);
                begin(wal, many[i], PRODUCER);
            }
            wal.endTransaction(ending(PRODUCER, 0, 0, true, many))
                    .values()
                    .forEach(answer -> assertThat(answer.join()).isInstanceOf(Appended.class));
            for (TopicIdPartition partition : many) {
                assertThat(lastStableOffset(wal, partition)).isEqualTo(3);
            }
        }
    }

    @Test
    void listenersHearWhenTheLastStableOffsetAdvances() throws IOException {
        List<Long> heard = new CopyOnWriteArrayList<>();
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void lastStableOffsetAdvanced(TopicIdPartition p, long offset) {
                            heard.add(offset);
                        }
                    });
            append(wal, P0, Batches.ofBytes(1));
            begin(wal, P0, PRODUCER);
            append(wal, P0, Batches.ofBytes(1));
            end(wal, P0, PRODUCER, 0, false);
        }
        assertThat(heard).containsExactly(1L, 5L);
    }
}
