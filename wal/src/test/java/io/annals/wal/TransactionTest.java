package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.P1;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TransactionTest {
    private static final long PRODUCER = 4_000;
    private static final long OTHER = 5_000;

    @TempDir Path directory;

    private static SimpleRecord[] records(int count) {
        SimpleRecord[] all = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            all[i] = new SimpleRecord(1_000, null, new byte[10]);
        }
        return all;
    }

    private static AppendOutcome send(
            FileWal wal, TopicIdPartition to, long producer, int epoch, int sequence, int count) {
        return append(wal, to, Batches.transactional(producer, epoch, sequence, records(count)));
    }

    private static Appended begin(FileWal wal, TopicIdPartition to, long producer) {
        return (Appended) send(wal, to, producer, 0, 0, 2);
    }

    private static EndTransaction ending(
            long producer, int epoch, int coordinator, boolean commit, TopicIdPartition... of) {
        return new EndTransaction(
                producer, (short) epoch, coordinator, commit, Set.of(of), FsyncMode.ALWAYS);
    }

    private static AppendOutcome end(
            FileWal wal, TopicIdPartition of, long producer, int epoch, boolean commit) {
        return answer(wal, ending(producer, epoch, 0, commit, of), of);
    }

    private static AppendOutcome answer(FileWal wal, EndTransaction end, TopicIdPartition of) {
        return joined(wal.endTransaction(end), of);
    }

    private static AppendOutcome joined(
            Map<TopicIdPartition, CompletableFuture<AppendOutcome>> answers, TopicIdPartition of) {
        return Objects.requireNonNull(answers.get(of)).join();
    }

    private static long lastStableOffset(FileWal wal, TopicIdPartition partition) {
        return wal.partition(partition).orElseThrow().lastStableOffset();
    }

    private static void assertRejected(AppendOutcome outcome, Reason reason) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(reason));
    }

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

    @Test
    void transactionsSurviveRestartsKillsAndTheReleaseOfEverySegment() throws IOException {
        Path first = directory.resolve("first");
        Path killed = directory.resolve("killed");
        try (FileWal wal = open(first)) {
            wal.createPartition(P0, 0);
            begin(wal, P0, PRODUCER);
            begin(wal, P0, OTHER);
            end(wal, P0, OTHER, 0, false);
            wal.sealNow();
            send(wal, P0, OTHER, 0, 2, 1);
            TestWal.copy(first, killed);
        }
        for (int restart = 0; restart < 2; restart++) {
            try (FileWal wal = open(killed)) {
                assertThat(wal.recovery().notes()).isEmpty();
                assertThat(lastStableOffset(wal, P0)).isZero();
                assertThat(wal.abortedTransactions(P0, 0, 6))
                        .containsExactly(new AbortedTransaction(OTHER, 2, 4));
                assertThat(wal.activeProducers(P0))
                        .extracting(ActiveProducer::transactionStartOffset)
                        .containsExactlyInAnyOrder(OptionalLong.of(0), OptionalLong.of(5));
            }
        }
        try (FileWal wal = open(killed)) {
            SealedSegment oldest = wal.sealedSegments().getFirst();
            assertThat(oldest.transactions(P0))
                    .isEqualTo(
                            new SegmentTransactions(
                                    List.of(new AbortedTransaction(OTHER, 2, 4)),
                                    List.of(new OpenTransaction(PRODUCER, (short) 0, 0))));
            for (SealedSegment segment : wal.sealedSegments()) {
                wal.release(segment);
            }
        }
        try (FileWal wal = open(killed)) {
            assertThat(wal.sealedSegments()).isEmpty();
            assertThat(lastStableOffset(wal, P0)).isZero();
            end(wal, P0, PRODUCER, 0, false);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(5);
            end(wal, P0, OTHER, 0, true);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(8);
            assertThat(wal.abortedTransactions(P0, 0, 8))
                    .containsExactly(new AbortedTransaction(PRODUCER, 0, 6));
        }
    }

    @Test
    void aSegmentThatLostItsSidecarStillTellsItsTransactions() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            begin(wal, P0, PRODUCER);
            begin(wal, P0, OTHER);
            wal.sealNow();
            end(wal, P0, OTHER, 0, false);
            wal.sealNow();
        }
        List<Path> sidecars = ShardFolder.list(directory.resolve("0"), ".index");
        Files.delete(sidecars.get(1));
        try (FileWal wal = open(directory)) {
            assertThat(wal.recovery().notes()).hasSize(1);
            assertThat(lastStableOffset(wal, P0)).isZero();
            assertThat(wal.sealedSegments().get(1).transactions(P0))
                    .isEqualTo(
                            new SegmentTransactions(
                                    List.of(new AbortedTransaction(OTHER, 2, 4)),
                                    List.of(new OpenTransaction(PRODUCER, (short) 0, 0))));
        }
    }

    @Test
    void transactionsThatNobodyCanFinishAreAbortedFromTheirFirstRecordOn() throws IOException {
        List<OpenTransaction> unfinished =
                List.of(
                        new OpenTransaction(PRODUCER, (short) 3, 40),
                        new OpenTransaction(OTHER, (short) 0, 70));
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 100);
            wal.abortUnfinished(P0, unfinished);
            assertThat(lastStableOffset(wal, P0)).isEqualTo(102);
            assertRejected(send(wal, P0, PRODUCER, 2, 0, 1), Reason.INVALID_PRODUCER_EPOCH);
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.partition(P0).orElseThrow().logEndOffset()).isEqualTo(102);
            assertThat(wal.abortedTransactions(P0, 0, 100))
                    .containsExactly(
                            new AbortedTransaction(PRODUCER, 40, 100),
                            new AbortedTransaction(OTHER, 70, 101));
            assertThat(lastStableOffset(wal, P0)).isEqualTo(102);
        }
    }

    @Test
    void markersOfSeveralPartitionsAreAllThereOrNoneWhereverTheWriteIsTorn() throws IOException {
        Path whole = directory.resolve("whole");
        List<TopicIdPartition> all = new ArrayList<>();
        int before;
        int after;
        Path file;
        byte[] bytes;
        try (FileWal wal = open(whole)) {
            for (int i = 0; i < 3; i++) {
                all.add(TestWal.partition(i));
                wal.createPartition(all.get(i), 0);
                begin(wal, all.get(i), PRODUCER);
            }
            file = ShardFolder.list(whole.resolve("0"), ".wal").getFirst();
            before = (int) wal.usage().usedBytes();
            wal.endTransaction(ending(PRODUCER, 0, 0, false, all.toArray(TopicIdPartition[]::new)))
                    .values()
                    .forEach(CompletableFuture::join);
            after = (int) wal.usage().usedBytes();
            bytes = Files.readAllBytes(file);
        }
        assertThat(after - before).isEqualTo(3 * (64 + 78));
        for (int torn = before; torn <= after; torn += torn < after - 3 ? 9 : 1) {
            Path directoryTorn = directory.resolve("torn-" + torn);
            Path shard = Files.createDirectories(directoryTorn.resolve("0"));
            Files.copy(whole.resolve("id"), directoryTorn.resolve("id"));
            byte[] cut = bytes.clone();
            Arrays.fill(cut, torn, cut.length, (byte) 0);
            Files.write(shard.resolve(file.getFileName()), cut);
            try (FileWal wal = open(directoryTorn)) {
                boolean there = Arrays.equals(cut, bytes); // the last byte is a zero
                for (TopicIdPartition partition : all) {
                    assertThat(lastStableOffset(wal, partition))
                            .as("torn at %d", torn)
                            .isEqualTo(there ? 3 : 0);
                    assertThat(wal.partition(partition).orElseThrow().logEndOffset())
                            .isEqualTo(there ? 3 : 2);
                }
            }
        }
    }
}
