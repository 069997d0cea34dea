package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.bytes;
import static io.annals.wal.TestWal.open;
import static io.annals.wal.TestWal.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.WalRecovery.Damage;
import io.annals.wal.WalRecovery.SegmentReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WalRecoveryTest {
    private static final int BATCHES = 12;
    private static final int VALUE_BYTES = 100;

    @TempDir Path folder;

    /// A log as a killed process leaves it: one active segment at full size.
    private Path killed;

    private final List<byte[]> sent = new ArrayList<>();
    private int frameBytes;

    @BeforeEach
    void killALog() throws IOException {
        killed = folder.resolve("killed");
        Path running = folder.resolve("running");
        try (FileWal wal = open(running)) {
            wal.createPartition(P0, 0);
            for (int i = 0; i < BATCHES; i++) {
                ByteBuffer batch = Batches.ofBytes(VALUE_BYTES);
                append(wal, P0, batch);
                sent.add(bytes(batch));
                frameBytes = FrameFormat.FRAME_HEADER_BYTES + batch.remaining();
            }
            TestWal.copy(running, killed);
        }
    }

    private Path copy(String name) throws IOException {
        Path copy = folder.resolve(name);
        TestWal.copy(killed, copy);
        return copy;
    }

    private static Path segment(Path wal, long number) {
        return wal.resolve("0").resolve("%020d.wal".formatted(number));
    }

    private static void overwrite(Path file, long position, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), position);
        }
    }

    private int frame(int batch) {
        return FrameFormat.FILE_HEADER_BYTES + batch * frameBytes;
    }

    @Test
    void everythingWrittenIsThereAfterAKill() throws IOException {
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().clean()).isTrue();
            assertThat(wal.recovery().scannedBytes()).isEqualTo(frame(BATCHES));
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
            assertThat(wal.sealedSegments()).hasSize(1);
        }
    }

    @Test
    void aTornTailIsSavedAndCutAndASecondRecoveryFindsTheSame() throws IOException {
        Random random = new Random(1);
        for (int round = 0; round < 12; round++) {
            int cut = frame(0) + random.nextInt(frame(BATCHES) - frame(0));
            Path copy = copy("torn-" + round);
            overwrite(segment(copy, 0), cut, new byte[frame(BATCHES) - cut]);
            int whole = (cut - frame(0)) / frameBytes;
            List<byte[]> kept = sent.subList(0, whole);
            try (FileWal wal = open(copy)) {
                wal.createPartition(P0, 0);
                SegmentReport report = wal.recovery().segments().getFirst();
                assertThat(report.damage()).isEmpty();
                if (report.tornBytes() > 0) {
                    assertThat(Files.readAllBytes(report.tornCopy().orElseThrow()))
                            .hasSize((int) report.tornBytes())
                            .startsWith('A');
                }
                assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(kept);
            }
            try (FileWal wal = open(copy)) {
                wal.createPartition(P0, 0);
                assertThat(wal.recovery().clean()).isTrue();
                assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(kept);
                assertThat(((Appended) append(wal, P0, Batches.ofBytes(1))).baseOffset())
                        .isEqualTo(whole);
            }
        }
    }

    @Test
    void damageInTheMiddleIsQuarantinedAndEverythingBehindItKept() throws IOException {
        int damaged = 5;
        overwrite(segment(killed, 0), frame(damaged) + 90, new byte[] {77, 78, 79});
        List<byte[]> kept = new ArrayList<>(sent);
        kept.remove(damaged);
        for (int round = 0; round < 2; round++) {
            try (FileWal wal = open(killed)) {
                assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(kept);
                assertThat(wal.partition(P0).orElseThrow().highWatermark()).isEqualTo(BATCHES);
                try (FetchedBatches fetched = wal.read(P0, damaged, 1).orElseThrow()) {
                    assertThat(bytes(fetched.batches().getFirst())).isEqualTo(sent.get(6));
                }
                if (round == 0) {
                    Damage damage = wal.recovery().segments().getFirst().damage().getFirst();
                    assertThat(damage.position()).isEqualTo(frame(damaged));
                    assertThat(damage.endPosition()).isEqualTo(frame(damaged + 1));
                    assertThat(damage.copy()).hasSize(frameBytes);
                }
            }
        }
    }

    @Test
    void aDamagedFileHeaderCostsNothing() throws IOException {
        overwrite(segment(killed, 0), 10, new byte[] {1, 2, 3});
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().clean()).isFalse();
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
        }
    }

    @Test
    void aMissingOrDamagedSidecarIsMadeAgain() throws IOException {
        open(killed).close();
        Path sidecar = killed.resolve("0").resolve("%020d.index".formatted(0));
        byte[] good = Files.readAllBytes(sidecar);
        Files.delete(sidecar);
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().notes()).hasSize(1);
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
        }
        assertThat(Files.readAllBytes(sidecar)).isEqualTo(good);
        overwrite(sidecar, 40, new byte[] {9});
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().notes().getFirst()).contains("CRC");
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(sent);
        }
        assertThat(Files.readAllBytes(sidecar)).isEqualTo(good);
    }

    @Test
    void damagedCheckpointsAreReportedAndIdsStayUnique() throws IOException {
        String id;
        try (FileWal wal = open(killed)) {
            id = wal.sealedSegments().getFirst().id();
            wal.release(wal.sealedSegments().getFirst());
        }
        try (Stream<Path> files = Files.list(killed.resolve("0"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".checkpoint")).toList()) {
                overwrite(file, 20, new byte[] {1, 2, 3, 4});
            }
        }
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().notes()).isNotEmpty();
            wal.createPartition(P0, BATCHES);
            append(wal, P0, Batches.ofBytes(1));
            wal.sealNow();
            assertThat(wal.sealedSegments().getFirst().id()).isGreaterThan(id);
        }
    }

    @Test
    void idsStayUniqueWhenTheDirectoryIsLost() throws Exception {
        Path other = folder.resolve("other");
        List<String> ids = new ArrayList<>();
        for (Path directory : List.of(killed, other)) {
            try (FileWal wal = open(directory)) {
                wal.createPartition(P0, 0);
                append(wal, P0, Batches.ofBytes(1));
                wal.sealNow();
                wal.sealedSegments().forEach(s -> ids.add(s.id()));
            }
            Thread.sleep(2);
        }
        assertThat(ids).hasSize(3).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void filesOfANewerProgramAreRefused() throws IOException {
        byte[] header = new byte[64];
        ByteBuffer.wrap(header)
                .put(FrameFormat.fileHeader(new SegmentId(1, 2, 0, 0), 5))
                .putInt(8, 2);
        CRC32C crc = new CRC32C();
        crc.update(header, 0, 60);
        ByteBuffer.wrap(header).putInt(60, (int) crc.getValue());
        overwrite(segment(killed, 0), 0, header);
        assertThatThrownBy(() -> open(killed))
                .isInstanceOf(UnsupportedWalVersionException.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void aMissingSegmentIsReported() throws IOException {
        try (FileWal wal = open(killed)) {
            for (int i = 0; i < 2; i++) {
                append(wal, P0, Batches.ofBytes(1));
                wal.sealNow();
            }
        }
        Files.delete(segment(killed, 1));
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().notes().getFirst()).contains("missing");
            assertThat(readAll(wal, P0, 0)).hasSize(BATCHES + 1);
        }
    }

    @Test
    void damageInASealedSegmentIsFoundWhenItIsArchived() throws IOException {
        open(killed).close();
        overwrite(segment(killed, 0), frame(3) + 100, new byte[] {1, 2, 3});
        try (FileWal wal = open(killed)) {
            wal.createPartition(P0, 0);
            SealedSegment segment = wal.sealedSegments().getFirst();
            assertThatThrownBy(() -> segment.forEachBatch(P0, (_, _) -> {}))
                    .isInstanceOf(CorruptWalException.class)
                    .hasMessageContaining("position " + frame(3));
        }
    }
}
