package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.P1;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.appended;
import static io.annals.wal.TestWal.bytes;
import static io.annals.wal.TestWal.config;
import static io.annals.wal.TestWal.open;
import static io.annals.wal.TestWal.partition;
import static io.annals.wal.TestWal.readAll;
import static io.annals.wal.TestWal.request;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is appended, and what becomes of its segments, partitions and topics.
@Timeout(60)
class FileWalTest {
    @TempDir Path directory;

    @Test
    void whatWasAppendedIsReadByteForByte() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            ByteBuffer batch = Batches.of(new SimpleRecord(5, new byte[] {1}, new byte[] {2}));
            Appended outcome = appended(wal, P0, batch);
            assertThat(outcome.baseOffset()).isZero();
            assertThat(outcome.endOffset()).isEqualTo(1);
            assertThat(readAll(wal, P0, 0)).containsExactly(bytes(batch));
            assertThat(wal.partition(P0))
                    .contains(new PartitionState(0, 1, 1, 1, outcome.ingestTimeMs(), 0));
        }
    }

    @Test
    void anUnknownPartitionIsRefused() throws IOException {
        try (FileWal wal = open(directory)) {
            assertThat(append(wal, P0, Batches.ofBytes(1)))
                    .isInstanceOfSatisfying(
                            Rejected.class,
                            r -> assertThat(r.reason()).isEqualTo(Reason.UNKNOWN_PARTITION));
            assertThat(wal.partition(P0)).isEmpty();
        }
    }

    @Test
    void theFirstOffsetIsTheOneTheArchiveEndsAt() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 1_000_000);
            assertThat(wal.partition(P0).orElseThrow().localLogStartOffset()).isEqualTo(1_000_000);
            assertThat(appended(wal, P0, Batches.ofBytes(1)).baseOffset()).isEqualTo(1_000_000);
            assertThat(wal.read(P0, 999_999, 100)).isEmpty();
        }
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 500);
            assertThat(appended(wal, P0, Batches.ofBytes(1)).baseOffset()).isEqualTo(1_000_001);
            wal.createPartition(P0, 2_000_000);
            assertThat(wal.read(P0, 1_000_001, 100)).isEmpty();
            assertThat(appended(wal, P0, Batches.ofBytes(1)).baseOffset()).isEqualTo(2_000_000);
        }
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 2_000_000);
            assertThat(wal.read(P0, 1_000_001, 100)).isEmpty();
            assertThat(readAll(wal, P0, 2_000_000)).hasSize(1);
        }
    }

    @Test
    void everythingIsThereAfterReopening() throws IOException {
        List<byte[]> sent = new ArrayList<>();
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.createPartition(P1, 0);
            for (int i = 0; i < 200; i++) {
                ByteBuffer batch = Batches.ofBytes(i * 10);
                append(wal, i % 3 == 0 ? P1 : P0, batch);
                if (i % 3 != 0) {
                    sent.add(bytes(batch));
                }
            }
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.recovery().clean()).as(wal.recovery().toString()).isTrue();
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
            wal.createPartition(P0, 0);
            assertThat(appended(wal, P0, Batches.ofBytes(1)).baseOffset()).isEqualTo(sent.size());
        }
    }

    @Test
    void severalBatchesOfOneAppendFollowEachOther() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            Appended outcome =
                    appended(
                            wal,
                            P0,
                            Batches.concat(
                                    Batches.ofBytes(10), Batches.ofBytes(20), Batches.ofBytes(30)));
            assertThat(outcome.baseOffset()).isZero();
            assertThat(outcome.endOffset()).isEqualTo(3);
            assertThat(readAll(wal, P0, 0)).hasSize(3);
        }
    }

    @Test
    void segmentsSealBySizeAndAreReleasedOldestFirst() throws IOException {
        List<Boolean> sealedBySize = new CopyOnWriteArrayList<>();
        try (FileWal wal = open(directory)) {
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void segmentSealed(SealedSegment segment, boolean bySize) {
                            sealedBySize.add(bySize);
                        }
                    });
            wal.createPartition(P0, 0);
            for (int i = 0; i < 20; i++) {
                append(wal, P0, Batches.ofBytes(10_000));
            }
            wal.sealNow();
            List<SealedSegment> sealed = wal.sealedSegments();
            assertThat(sealed).hasSize(4);
            assertThat(sealedBySize).containsExactly(true, true, true, false);
            assertThat(sealed).isSortedAccordingTo((a, b) -> a.id().compareTo(b.id()));
            assertThatThrownBy(() -> wal.release(sealed.get(1)))
                    .isInstanceOf(IllegalArgumentException.class);
            long end = requireNonNull(sealed.getFirst().contents().get(P0)).endOffset();
            FetchedBatches pinned = wal.read(P0, 0, 10).orElseThrow();
            byte[] before = bytes(pinned.batches().getFirst());
            wal.release(sealed.getFirst());
            assertThat(wal.read(P0, 0, 10)).isEmpty();
            assertThat(wal.partition(P0).orElseThrow().localLogStartOffset()).isEqualTo(end);
            assertThat(bytes(pinned.batches().getFirst())).isEqualTo(before);
            pinned.close();
            wal.release(sealed.get(1));
            wal.release(sealed.get(2));
            wal.release(sealed.get(3));
            assertThat(wal.usage().usedBytes()).isZero();
            assertThat(wal.partition(P0).orElseThrow())
                    .extracting(PartitionState::localLogStartOffset, PartitionState::highWatermark)
                    .containsExactly(20L, 20L);
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.partition(P0).orElseThrow().logEndOffset()).isEqualTo(20);
            assertThat(appended(wal, P0, Batches.ofBytes(1)).baseOffset()).isEqualTo(20);
        }
    }

    @Test
    void segmentsSealByAge() throws Exception {
        WalConfig c = config(directory);
        WalConfig young =
                new WalConfig(
                        c.directory(),
                        1,
                        c.segmentBytes(),
                        Duration.ofMillis(50),
                        c.maxBytes(),
                        1,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1));
        try (FileWal wal = FileWal.open(young, Clock.systemUTC())) {
            wal.createPartition(P0, 0);
            CompletableFuture<Boolean> sealed = new CompletableFuture<>();
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void segmentSealed(SealedSegment segment, boolean bySize) {
                            sealed.complete(bySize);
                        }
                    });
            append(wal, P0, Batches.ofBytes(1));
            assertThat(sealed.get()).isFalse();
            assertThat(wal.sealedSegments()).hasSize(1);
        }
    }

    @Test
    void sealedSegmentsGiveTheirBatchesWithIngestTimes() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.createPartition(P1, 7);
            ByteBuffer first = Batches.ofBytes(10);
            ByteBuffer second = Batches.ofBytes(20);
            long time = appended(wal, P1, first).ingestTimeMs();
            append(wal, P0, second);
            wal.sealNow();
            SealedSegment segment = wal.sealedSegments().getFirst();
            assertThat(segment.contents())
                    .containsEntry(
                            P1, new SealedSegment.Contents(7, 8, 1, first.remaining(), 1_000))
                    .containsEntry(
                            P0, new SealedSegment.Contents(0, 1, 1, second.remaining(), 1_000));
            List<byte[]> seen = new ArrayList<>();
            segment.forEachBatch(
                    P1,
                    (batch, ingestTimeMs) -> {
                        seen.add(bytes(batch));
                        assertThat(ingestTimeMs).isEqualTo(time);
                    });
            assertThat(seen).containsExactly(bytes(first));
            wal.release(segment);
            assertThatThrownBy(() -> segment.forEachBatch(P1, (_, _) -> {}))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aDeletedTopicIsForgottenForGood() throws IOException {
        TopicIdPartition other = new TopicIdPartition(new Uuid(9, 9), 0, "other");
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            wal.createPartition(other, 0);
            append(wal, P0, Batches.ofBytes(10));
            append(wal, other, Batches.ofBytes(10));
            wal.deleteTopic(P0.topicId());
            assertThat(wal.partition(P0)).isEmpty();
            assertThat(append(wal, P0, Batches.ofBytes(10))).isInstanceOf(Rejected.class);
            wal.createPartition(P0, 0);
            assertThat(wal.partition(P0)).isEmpty();
            wal.sealNow();
            assertThat(wal.sealedSegments().getFirst().contents()).containsOnlyKeys(other);
            wal.deleteTopic(other.topicId());
            assertThat(wal.sealedSegments().getFirst().contents()).isEmpty();
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.partition(P0)).isEmpty();
            assertThat(wal.sealedSegments().getFirst().contents()).isEmpty();
            wal.release(wal.sealedSegments().getFirst());
        }
    }

    @Test
    void deletedRecordsStayDeleted() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            for (int i = 0; i < 5; i++) {
                append(wal, P0, Batches.ofBytes(10));
            }
            wal.deleteRecordsBefore(P0, 3);
            assertThat(wal.read(P0, 2, 100)).isEmpty();
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.partition(P0).orElseThrow().localLogStartOffset()).isEqualTo(3);
            assertThat(readAll(wal, P0, 3)).hasSize(2);
        }
    }

    @Test
    void everyFsyncModeAcknowledgesAndKeepsTheOrder() throws Exception {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            List<Long> watermarks = new CopyOnWriteArrayList<>();
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void highWatermarkAdvanced(TopicIdPartition p, long highWatermark) {
                            watermarks.add(highWatermark);
                        }
                    });
            List<FsyncMode> modes = List.of(FsyncMode.values());
            List<CompletableFuture<AppendOutcome>> futures = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                FsyncMode mode = modes.get(i % 7 % 3);
                futures.add(wal.append(new AppendRequest(P0, Batches.ofBytes(i), mode, false)));
            }
            for (int i = 0; i < 60; i++) {
                assertThat(((Appended) futures.get(i).get()).baseOffset()).isEqualTo(i);
            }
            assertThat(watermarks).hasSize(60).isSorted();
            futures.clear();
            for (int i = 0; i < 10; i++) {
                futures.add(
                        wal.append(
                                new AppendRequest(P0, Batches.ofBytes(i), FsyncMode.BATCH, false)));
            }
            assertThat(futures.getLast().get()).isInstanceOf(Appended.class);
        }
    }

    @Test
    void anAppendLargerThanASegmentIsRefused() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            assertThat(((Rejected) append(wal, P0, Batches.ofBytes(64 * 1024))).reason())
                    .isEqualTo(Reason.TOO_LARGE);
        }
    }

    @Test
    void appendsAreRefusedWhenTheHotTierIsFullAndAcceptedWhenThereIsRoomAgain() throws IOException {
        WalConfig c = config(directory);
        WalConfig small =
                new WalConfig(
                        directory,
                        1,
                        c.segmentBytes(),
                        c.segmentAge(),
                        100_000,
                        c.batchFsyncBytes(),
                        c.batchFsyncDelay(),
                        c.periodicFsyncInterval());
        try (FileWal wal = FileWal.open(small, Clock.systemUTC())) {
            wal.createPartition(P0, 0);
            AppendOutcome outcome = append(wal, P0, Batches.ofBytes(10_000));
            while (outcome instanceof Appended) {
                outcome = append(wal, P0, Batches.ofBytes(10_000));
            }
            assertThat(((Rejected) outcome).reason()).isEqualTo(Reason.HOT_TIER_FULL);
            wal.sealNow();
            wal.release(wal.sealedSegments().getFirst());
            assertThat(append(wal, P0, Batches.ofBytes(10_000))).isInstanceOf(Appended.class);
        }
    }

    @Test
    void aSecondLogOnTheDirectoryIsRefused() throws IOException {
        try (FileWal _ = open(directory)) {
            assertThatThrownBy(() -> open(directory)).isInstanceOf(WalLockedException.class);
        }
        open(directory).close();
    }

    @Test
    void producerIdsNeverComeTwice() throws IOException {
        long end;
        try (FileWal wal = open(directory)) {
            ProducerIdBlock first = wal.nextProducerIdBlock();
            ProducerIdBlock second = wal.nextProducerIdBlock();
            assertThat(second.first()).isEqualTo(first.end());
            end = second.end();
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.nextProducerIdBlock().first()).isEqualTo(end);
        }
    }

    @Test
    void partitionsStayInTheirShardWhenTheNumberOfShardsChanges() throws IOException {
        for (int shards : new int[] {4, 2, 7}) {
            try (FileWal wal =
                    FileWal.open(config(directory, shards, 64 * 1024), Clock.systemUTC())) {
                for (int p = 0; p < 10; p++) {
                    wal.createPartition(partition(p), 0);
                    append(wal, partition(p), Batches.ofBytes(10));
                }
            }
        }
        try (FileWal wal = open(directory)) {
            for (int p = 0; p < 10; p++) {
                assertThat(readAll(wal, partition(p), 0)).hasSize(3);
            }
        }
    }

    @Test
    void afterClosingAppendsAreRefusedAndNothingIsFound() throws IOException {
        FileWal wal = open(directory);
        wal.createPartition(P0, 0);
        append(wal, P0, Batches.ofBytes(10));
        FetchedBatches pinned = wal.read(P0, 0, 100).orElseThrow();
        wal.close();
        assertThat(bytes(pinned.batches().getFirst())).isNotEmpty();
        pinned.close();
        assertThat(((Rejected) wal.append(request(P0, Batches.ofBytes(1))).join()).reason())
                .isEqualTo(Reason.CLOSED);
        assertThat(wal.read(P0, 0, 100)).isEmpty();
    }
}
