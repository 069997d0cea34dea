package io.annals.wal;

import static io.annals.wal.TestWal.P0;
import static io.annals.wal.TestWal.append;
import static io.annals.wal.TestWal.appended;
import static io.annals.wal.TestWal.config;
import static io.annals.wal.TestWal.open;
import static io.annals.wal.TestWal.partition;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Finding records by offset, by event time and by ingest time.
@Timeout(60)
class WalReadTest {
    @TempDir Path directory;

    @Test
    void readsKeepToTheByteBoundButGiveAtLeastOneBatch() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            int size = 0;
            for (int i = 0; i < 5; i++) {
                ByteBuffer batch = Batches.ofBytes(100);
                size = batch.remaining();
                append(wal, P0, batch);
            }
            assertThat(count(wal, P0, 0, 1)).isEqualTo(1);
            assertThat(count(wal, P0, 0, 2 * size)).isEqualTo(2);
            assertThat(count(wal, P0, 0, 3 * size - 1)).isEqualTo(2);
            assertThat(count(wal, P0, 3, 100 * size)).isEqualTo(2);
            assertThat(count(wal, P0, 5, 100 * size)).isZero();
            assertThat(wal.read(P0, 6, 100)).isEmpty();
            assertThat(wal.read(P0, -1, 100)).isEmpty();
        }
    }

    private static int count(FileWal wal, TopicIdPartition partition, long offset, int maxBytes) {
        try (FetchedBatches fetched = wal.read(partition, offset, maxBytes).orElseThrow()) {
            return fetched.batches().size();
        }
    }

    @Test
    void logAppendTimeReplacesTheTimestamps() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(77_000), ZoneOffset.UTC);
        try (FileWal wal = FileWal.open(config(directory), clock)) {
            wal.createPartition(P0, 0);
            wal.append(new AppendRequest(P0, Batches.ofBytes(10), FsyncMode.ALWAYS, true)).join();
            try (FetchedBatches fetched = wal.read(P0, 0, 1000).orElseThrow()) {
                BatchView batch = BatchView.of(fetched.batches().getFirst());
                assertThat(batch.isLogAppendTime()).isTrue();
                assertThat(batch.maxTimestampMs()).isEqualTo(77_000);
                assertThat(batch.crcIsValid()).isTrue();
                assertThat(fetched.ingestTimeMs(0)).isEqualTo(77_000);
            }
        }
    }

    @Test
    void recordsAreFoundByTime() throws IOException {
        try (FileWal wal = open(directory)) {
            wal.createPartition(P0, 0);
            CompletableFuture<SealedSegment> sealed = new CompletableFuture<>();
            wal.addListener(
                    new WalListener() {
                        @Override
                        public void segmentSealed(SealedSegment segment, boolean bySize) {
                            sealed.complete(segment);
                        }
                    });
            for (int i = 0; i < 40; i++) {
                append(
                        wal,
                        P0,
                        Batches.of(
                                new SimpleRecord(1_000 + 10 * i, new byte[3000]),
                                new SimpleRecord(1_000 + 10 * (i ^ 1) + 5, new byte[1])));
            }
            sealed.join(); // in the background
            assertThat(wal.sealedSegments()).isNotEmpty();
            assertThat(wal.offsetForTimestamp(P0, 0)).contains(new TimestampOffset(1_000, 0, 0));
            assertThat(wal.offsetForTimestamp(P0, 1_001))
                    .contains(new TimestampOffset(1_015, 1, 0));
            assertThat(wal.offsetForTimestamp(P0, 1_381))
                    .contains(new TimestampOffset(1_395, 77, 0));
            assertThat(wal.offsetForTimestamp(P0, 1_396)).isEmpty();
            assertThat(wal.maxTimestamp(P0)).contains(new TimestampOffset(1_395, 77, 0));
            wal.deleteRecordsBefore(P0, 78);
            assertThat(wal.maxTimestamp(P0)).contains(new TimestampOffset(1_390, 78, 0));
            assertThat(wal.offsetForTimestamp(P0, 0)).contains(new TimestampOffset(1_390, 78, 0));
        }
    }

    @Test
    void batchesAreFoundByIngestTime() throws IOException {
        long[] now = {1_000};
        try (FileWal wal = FileWal.open(config(directory), new SettableClock(now))) {
            wal.createPartition(P0, 0);
            for (int i = 0; i < 30; i++) {
                now[0] = 1_000 + 10L * i;
                append(wal, P0, Batches.ofBytes(5_000));
            }
            assertThat(wal.endOffsetForIngestTime(P0, 999)).isEqualTo(OptionalLong.of(0));
            assertThat(wal.endOffsetForIngestTime(P0, 1_000)).isEqualTo(OptionalLong.of(1));
            assertThat(wal.endOffsetForIngestTime(P0, 1_155)).isEqualTo(OptionalLong.of(16));
            assertThat(wal.endOffsetForIngestTime(P0, 1_290)).isEmpty();
            now[0] = 0;
            assertThat(appended(wal, P0, Batches.ofBytes(1)).ingestTimeMs()).isEqualTo(1_290);
        }
    }

    private static final class SettableClock extends Clock {
        private final long[] now;

        SettableClock(long[] now) {
            this.now = now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now[0]);
        }
    }
}
