package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.bytes;
import static io.annals.wal.TestWal.config;
import static io.annals.wal.TestWal.open;
import static io.annals.wal.TestWal.readAll;
import static io.annals.wal.TestWal.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StorageFaultTest {
    @TempDir Path directory;

    private final FaultyFiles faults = new FaultyFiles();

    private FileWal faulty() throws IOException {
        FileWal wal = FileWal.open(config(directory), Clock.systemUTC(), faults.files());
        wal.createPartition(P0, 0);
        return wal;
    }

    private static void assertStorageError(AppendOutcome outcome, String message) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Rejected.class,
                        r -> {
                            assertThat(r.reason()).isEqualTo(Reason.STORAGE_ERROR);
                            assertThat(r.message()).contains(message);
                        });
    }

    @Test
    void aFailedFsyncClosesTheShardAndKeepsWhatWasAcknowledged() throws IOException {
        ByteBuffer acknowledged = Batches.ofBytes(100);
        try (FileWal wal = faulty()) {
            append(wal, P0, acknowledged);
            faults.failForces = "I/O error";
            assertStorageError(append(wal, P0, Batches.ofBytes(200)), "I/O error");
            faults.failForces = null;
            assertStorageError(append(wal, P0, Batches.ofBytes(300)), "I/O error");
            assertThat(readAll(wal, P0, 0)).containsExactly(bytes(acknowledged));
            assertThat(wal.partition(P0).orElseThrow().highWatermark()).isEqualTo(1);
            wal.sealNow();
            assertThat(wal.sealedSegments()).isEmpty();
        }
        try (FileWal wal = open(directory)) {
            assertThat(readAll(wal, P0, 0).getFirst()).isEqualTo(bytes(acknowledged));
            assertThat(append(wal, P0, Batches.ofBytes(1))).isInstanceOf(Appended.class);
        }
    }

    @Test
    void aFailedWriteFailsEveryoneWhoWaits() throws IOException {
        try (FileWal wal = faulty()) {
            append(wal, P0, Batches.ofBytes(100));
            faults.failWrites = "broken";
            List<CompletableFuture<AppendOutcome>> futures = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                futures.add(wal.append(request(P0, Batches.ofBytes(i))));
            }
            futures.forEach(f -> assertStorageError(f.join(), "broken"));
        }
    }

    @Test
    void aFullDiskIsNamedAndWhatWasAcknowledgedStaysReadable() throws IOException {
        List<byte[]> acknowledged = new ArrayList<>();
        try (FileWal wal = faulty()) {
            AppendOutcome outcome;
            do {
                ByteBuffer batch = Batches.ofBytes(700);
                outcome = append(wal, P0, batch);
                if (outcome instanceof Appended) {
                    acknowledged.add(bytes(batch));
                    faults.writableBytes.updateAndGet(left -> Math.min(left, 5_000));
                }
            } while (outcome instanceof Appended);
            assertStorageError(outcome, "disk full");
            assertThat(acknowledged).hasSizeGreaterThan(1);
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(acknowledged);
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.recovery().tornBytes()).isPositive();
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(acknowledged);
        }
        try (FileWal wal = open(directory)) {
            assertThat(wal.recovery().clean()).isTrue();
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(acknowledged);
        }
    }

    @Test
    void zerosThatFindNoRoomAreDoneWithout() throws IOException {
        try (FileWal wal = faulty()) {
            ByteBuffer batch = Batches.ofBytes(700);
            faults.writableBytes.set(5_000);
            assertThat(append(wal, P0, batch)).isInstanceOf(Appended.class);
            faults.writableBytes.set(5_000);
            assertThat(append(wal, P0, batch)).isInstanceOf(Appended.class);
            assertThat(faults.writableBytes).hasValueGreaterThan(4_000);
            assertThat(readAll(wal, P0, 0)).hasSize(2);
        }
    }

    @Test
    void noRoomForANewSegmentIsOverWhenThereIsRoomAgain() throws IOException {
        try (FileWal wal = faulty()) {
            faults.failOpens = "No space left on device";
            assertStorageError(append(wal, P0, Batches.ofBytes(100)), "disk full");
            faults.failOpens = null;
            assertThat(append(wal, P0, Batches.ofBytes(100))).isInstanceOf(Appended.class);
        }
    }

    @Test
    void shortWritesAreCompleted() throws IOException {
        faults.bytesPerWrite = 13;
        List<byte[]> sent = new ArrayList<>();
        try (FileWal wal = faulty()) {
            for (int i = 0; i < 30; i++) {
                ByteBuffer batch = Batches.ofBytes(i * 7);
                append(wal, P0, batch);
                sent.add(bytes(batch));
            }
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
        }
        try (FileWal wal = open(directory)) {
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
        }
    }

    @Test
    void aSegmentThatCannotBeSealedIsSealedLater() throws Exception {
        try (FileWal wal = faulty()) {
            CompletableFuture<String> sealed = new CompletableFuture<>();
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void segmentSealed(SealedSegment segment, boolean bySize) {
                            sealed.complete(segment.id());
                        }
                    });
            append(wal, P0, Batches.ofBytes(100));
            faults.suffix = ".index";
            faults.failWrites = "No space left on device";
            assertThatThrownBy(wal::sealNow).isInstanceOf(UncheckedIOException.class);
            assertThat(wal.sealedSegments()).isEmpty();
            assertThat(append(wal, P0, Batches.ofBytes(100))).isInstanceOf(Appended.class);
            faults.failWrites = null;
            sealed.get();
            assertThat(wal.sealedSegments()).hasSize(1);
            assertThat(readAll(wal, P0, 0)).hasSize(2);
        }
    }

    @Test
    void aCheckpointThatCannotBeWrittenKeepsTheSegmentFromBeingReleased() throws IOException {
        try (FileWal wal = faulty()) {
            append(wal, P0, Batches.ofBytes(100));
            faults.suffix = ".checkpoint";
            faults.failForces = "I/O error";
            assertThatThrownBy(wal::sealNow).isInstanceOf(UncheckedIOException.class);
            assertThat(wal.sealedSegments()).isEmpty();
        }
        try (FileWal wal = open(directory)) {
            assertThat(readAll(wal, P0, 0)).hasSize(1);
            assertThat(wal.sealedSegments()).hasSize(1);
        }
    }
}
