package io.annals.wal;

import static io.annals.wal.TestTransactions.OTHER;
import static io.annals.wal.TestTransactions.PRODUCER;
import static io.annals.wal.TestTransactions.assertRejected;
import static io.annals.wal.TestTransactions.begin;
import static io.annals.wal.TestTransactions.end;
import static io.annals.wal.TestTransactions.ending;
import static io.annals.wal.TestTransactions.lastStableOffset;
import static io.annals.wal.TestTransactions.send;
import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.open;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Transactions over restarts, crashes, lost files and released segments.
@Timeout(60)
class WalTransactionRecoveryTest {
    private static final TopicIdPartition STATE = TestWal.partition(9);

    @TempDir Path directory;

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
    void theLargestTimestampOfAProducersLastBatchIsKnownAfterKillsAndReleases() throws IOException {
        Path killed = directory.resolve("killed");
        try (FileWal wal = open(directory.resolve("first"))) {
            wal.createPartition(P0, 0);
            begin(wal, P0, PRODUCER);
            append(wal, P0, stamped(PRODUCER, 2, 7_000, 9_000, 8_000));
            append(wal, P0, stamped(OTHER, 0, 500));
            assertThat(lastTimestamps(wal)).isEqualTo(Map.of(PRODUCER, 9_000L, OTHER, 500L));
            TestWal.copy(directory.resolve("first"), killed);
        }
        try (FileWal wal = open(killed)) {
            assertThat(lastTimestamps(wal)).isEqualTo(Map.of(PRODUCER, 9_000L, OTHER, 500L));
            append(wal, P0, stamped(PRODUCER, 5, 300));
            wal.sealNow();
            for (SealedSegment segment : wal.sealedSegments()) {
                wal.release(segment);
            }
        }
        try (FileWal wal = open(killed)) {
            assertThat(lastTimestamps(wal)).isEqualTo(Map.of(PRODUCER, 300L, OTHER, 500L));
        }
    }

    private static ByteBuffer stamped(long producer, int sequence, long... timestampsMs) {
        return Batches.transactional(
                producer,
                0,
                sequence,
                Arrays.stream(timestampsMs)
                        .mapToObj(time -> new SimpleRecord(time, null, new byte[1]))
                        .toArray(SimpleRecord[]::new));
    }

    private static Map<Long, Long> lastTimestamps(FileWal wal) {
        return wal.activeProducers(P0).stream()
                .collect(
                        Collectors.toMap(
                                ActiveProducer::producerId, ActiveProducer::lastTimestampMs));
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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void markersOfSeveralPartitionsAreAllThereOrNoneWhereverTheWriteIsTorn(boolean withRecord)
            throws IOException {
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
            wal.createPartition(STATE, 0);
            before = (int) wal.usage().usedBytes();
            EndTransaction abort =
                    ending(PRODUCER, 0, 0, false, all.toArray(TopicIdPartition[]::new));
            if (withRecord) {
                wal.append(TestWal.request(STATE, Batches.ofBytes(1)), List.of(abort))
                        .orElseThrow()
                        .join();
            } else {
                wal.endTransaction(abort).values().forEach(CompletableFuture::join);
            }
            after = (int) wal.usage().usedBytes();
            bytes = Files.readAllBytes(file);
        }
        int recordBytes = Batches.ofBytes(1).remaining();
        assertThat(after - before).isEqualTo(3 * (64 + 78) + (withRecord ? 64 + recordBytes : 0));
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
                wal.createPartition(STATE, 0);
                assertThat(wal.partition(STATE).orElseThrow().logEndOffset())
                        .isEqualTo(there && withRecord ? 1 : 0);
            }
        }
    }
}
