package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.appended;
import static io.annals.wal.TestWal.config;
import static io.annals.wal.TestWal.open;
import static io.annals.wal.TestWal.readAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZerosAheadTest {
    private static final int SEGMENT_BYTES = 4 << 20;
    private static final int ZEROS_BYTES = 512 << 10;

    /// Not a multiple of any block.
    private static final int SMALL_BYTES = 40_001;

    private Path running;
    private Path killed;

    @BeforeEach
    void nameFolders(@TempDir Path folder) {
        running = folder.resolve("running");
        killed = folder.resolve("killed");
    }

    private FileWal start() throws IOException {
        FileWal wal = FileWal.open(config(running, 1, SEGMENT_BYTES), Clock.systemUTC());
        wal.createPartition(P0, 0);
        return wal;
    }

    /// Where the active segment was written up to, its size where the system does not tell.
    private long writtenEnd() throws IOException {
        Path file = ShardFolder.list(running.resolve("0"), ".wal").getFirst();
        return Preallocation.writtenEnd(file, SEGMENT_BYTES);
    }

    @Test
    void smallGroupsFindSpaceThatWasWrittenBefore() throws IOException {
        try (FileWal wal = start()) {
            for (long appendedBytes = 0; appendedBytes < 3 << 20; appendedBytes += SMALL_BYTES) {
                appended(wal, P0, Batches.ofBytes(SMALL_BYTES));
                assertThat(writtenEnd()).isGreaterThan(appendedBytes + 2 * SMALL_BYTES);
            }
        }
    }

    @Test
    void largeGroupsAreWrittenOnce() throws IOException {
        try (FileWal wal = start()) {
            appended(wal, P0, Batches.ofBytes(ZEROS_BYTES / 4));

            assertThat(writtenEnd())
                    .satisfiesAnyOf(
                            end -> assertThat(end).isLessThan(ZEROS_BYTES),
                            end -> assertThat(end).isEqualTo(SEGMENT_BYTES));
        }
    }

    @Test
    void aKilledLogHoldsWhatWasAppendedAndNothingElse() throws IOException {
        List<byte[]> appended = new ArrayList<>();
        try (FileWal wal = start()) {
            for (int bytes : new int[] {1, SMALL_BYTES, ZEROS_BYTES, 7, 2 * ZEROS_BYTES, 100}) {
                ByteBuffer batch = Batches.ofBytes(bytes);
                appended(wal, P0, batch);
                appended.addAll(readAll(wal, P0, appended.size()));
            }
            TestWal.copy(running, killed);
        }
        try (FileWal wal = open(killed)) {
            assertThat(wal.recovery().clean()).isTrue();
            assertThat(readAll(wal, P0, 0)).containsExactlyElementsOf(appended);
        }
    }

    @Test
    void zerosEndWithTheSegment() throws IOException {
        try (FileWal wal = start()) {
            for (long written = 0; written < 2 * SEGMENT_BYTES; written += SMALL_BYTES) {
                appended(wal, P0, Batches.ofBytes(SMALL_BYTES));
            }
            wal.sealNow();
            assertThat(wal.sealedSegments())
                    .hasSizeGreaterThan(1)
                    .allSatisfy(s -> assertThat(s.sizeBytes()).isLessThanOrEqualTo(SEGMENT_BYTES));
            assertThat(readAll(wal, P0, 0)).hasSize(2 * SEGMENT_BYTES / SMALL_BYTES + 1);
        }
    }
}
