package io.annals.wal;

import static io.annals.wal.TestWal.partition;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Appended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WalConcurrencyTest {
    private static final int PARTITIONS = 6;
    private static final int APPENDS = 400;

    @TempDir Path directory;

    @Test
    void manyProducersAndReadersWithSealsAndReleases() throws Exception {
        AtomicBoolean producing = new AtomicBoolean(true);
        try (FileWal wal =
                        FileWal.open(TestWal.config(directory, 2, 128 * 1024), Clock.systemUTC());
                ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Long>> readers = new ArrayList<>();
            List<Future<Void>> producers = new ArrayList<>();
            for (int p = 0; p < PARTITIONS; p++) {
                TopicIdPartition partition = partition(p);
                wal.createPartition(partition, 0);
                producers.add(threads.submit(producer(wal, partition)));
                readers.add(threads.submit(() -> follow(wal, partition)));
            }
            Future<Void> releaser = threads.submit(releaser(wal, producing));
            for (Future<Void> producer : producers) {
                producer.get();
            }
            producing.set(false);
            releaser.get();
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).isEqualTo(APPENDS);
            }
        }
    }

    private static Callable<Void> producer(FileWal wal, TopicIdPartition partition) {
        return () -> {
            for (int i = 0; i < APPENDS; i++) {
                byte[] value = new byte[1000];
                ByteBuffer.wrap(value).putInt(i);
                AppendOutcome outcome =
                        TestWal.append(wal, partition, Batches.of(new SimpleRecord(i, value)));
                assertThat(outcome).isInstanceOf(Appended.class);
            }
            return null;
        };
    }

    /// Reads to the end; jumps forward where segments were released.
    private static long follow(FileWal wal, TopicIdPartition partition) {
        long next = 0;
        while (next < APPENDS) {
            FetchedBatches read = wal.read(partition, next, 5_000).orElse(null);
            if (read == null) {
                next = Math.max(next, wal.partition(partition).orElseThrow().localLogStartOffset());
                continue;
            }
            try (FetchedBatches fetched = read) {
                for (ByteBuffer bytes : fetched.batches()) {
                    BatchView batch = BatchView.of(bytes);
                    assertThat(batch.baseOffset()).isEqualTo(next++);
                    assertThat(batch.crcIsValid()).isTrue();
                }
            }
            Thread.onSpinWait();
        }
        return next;
    }

    private static Callable<Void> releaser(FileWal wal, AtomicBoolean producing) {
        return () -> {
            while (producing.get()) {
                for (SealedSegment segment : wal.sealedSegments()) {
                    segment.contents()
                            .keySet()
                            .forEach(p -> assertThat(verify(segment, p)).isPositive());
                    wal.release(segment);
                }
                wal.offsetForTimestamp(partition(0), 100);
                wal.maxTimestamp(partition(1));
                wal.endOffsetForIngestTime(partition(2), 0);
                Thread.sleep(5);
            }
            return null;
        };
    }

    private static int verify(SealedSegment segment, TopicIdPartition partition) {
        int[] count = {0};
        try {
            segment.forEachBatch(partition, (_, _) -> count[0]++);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return count[0];
    }

    @Test
    void mappedBatchesGoStraightToASocketEvenWhileTheirSegmentIsReleased() throws Exception {
        try (FileWal wal = TestWal.open(directory);
                ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            wal.createPartition(partition(0), 0);
            ByteBuffer sent = Batches.ofBytes(50_000);
            TestWal.append(wal, partition(0), sent);
            FetchedBatches fetched = wal.read(partition(0), 0, 1).orElseThrow();
            wal.sealNow();
            wal.release(wal.sealedSegments().getFirst());
            ByteBuffer received = ByteBuffer.allocate(sent.remaining());
            try (SocketChannel out = SocketChannel.open(server.getLocalAddress());
                    SocketChannel in = server.accept()) {
                ByteBuffer batch = fetched.batches().getFirst();
                assertThat(batch.isDirect()).isTrue();
                Thread reader = Thread.ofVirtual().start(() -> readFully(in, received));
                while (batch.hasRemaining()) {
                    out.write(new ByteBuffer[] {batch});
                }
                reader.join();
            }
            fetched.close();
            assertThat(received.array()).isEqualTo(TestWal.bytes(sent));
        }
    }

    private static void readFully(SocketChannel in, ByteBuffer target) {
        try {
            while (target.hasRemaining() && in.read(target) >= 0) {
                Thread.onSpinWait();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
