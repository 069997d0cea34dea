package io.annals.benchmarks.micro;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalConfig;
import io.annals.wal.WalListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Appends per second of one producer with five requests in flight, against a bare write and
/// fdatasync of the same bytes.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 3)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED"})
@State(Scope.Benchmark)
public class WalAppendBenchmark {
    private static final int IN_FLIGHT = 5;
    private static final int RECORD_BYTES = 1024;
    private static final long SEGMENT_BYTES = 128L << 20;
    private static final TopicIdPartition PARTITION =
            new TopicIdPartition(new Uuid(1, 2), new TopicPartition("bench", 0));

    @Param({"16", "128"})
    int recordsPerBatch;

    @Param({"ALWAYS", "BATCH", "PERIODIC"})
    FsyncMode fsync;

    private Path directory;
    private FileWal wal;
    private ExecutorService releaser;
    private FileChannel bare;
    private long bareBytes;
    private final Semaphore slots = new Semaphore(IN_FLIGHT);
    private final ConcurrentLinkedQueue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

    @Setup(Level.Trial)
    public void open() throws IOException {
        directory = Files.createTempDirectory("wal-append");
        wal =
                FileWal.open(
                        new WalConfig(
                                directory.resolve("wal"),
                                1,
                                SEGMENT_BYTES,
                                Duration.ofHours(1),
                                16 * SEGMENT_BYTES,
                                1 << 20,
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1)),
                        Clock.systemUTC());
        wal.createPartition(PARTITION, 0);
        releaser = Executors.newSingleThreadExecutor();
        wal.addListener(
                new WalListener() {
                    @Override
                    public void segmentSealed(SealedSegment segment, boolean bySize) {
                        releaser.execute(() -> wal.release(segment));
                    }
                });
        for (int i = 0; i < IN_FLIGHT; i++) {
            buffers.add(batch());
        }
        bare =
                FileChannel.open(
                        directory.resolve("bare"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
    }

    private ByteBuffer batch() {
        Random random = new Random(1);
        SimpleRecord[] records = new SimpleRecord[recordsPerBatch];
        for (int i = 0; i < records.length; i++) {
            byte[] value = new byte[RECORD_BYTES];
            random.nextBytes(value);
            records[i] = new SimpleRecord(i, null, value);
        }
        ByteBuffer heap =
                MemoryRecords.withRecords(
                                RecordBatch.MAGIC_VALUE_V2,
                                0,
                                Compression.NONE,
                                TimestampType.CREATE_TIME,
                                RecordBatch.NO_PRODUCER_ID,
                                RecordBatch.NO_PRODUCER_EPOCH,
                                RecordBatch.NO_SEQUENCE,
                                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                                false,
                                records)
                        .buffer();
        return ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
    }

    @Benchmark
    public void append() throws InterruptedException {
        slots.acquire();
        ByteBuffer batch = buffers.remove();
        wal.append(new AppendRequest(PARTITION, batch, fsync, false))
                .thenAccept(outcome -> {
                    buffers.add(batch);
                    slots.release();
                    if (!(outcome instanceof AppendOutcome.Appended)) {
                        throw new IllegalStateException(outcome.toString());
                    }
                });
    }

    /// What the disk gives: as much as five requests, one write, one fdatasync unless periodic.
    @Benchmark
    public void bareGroupOfFive() throws IOException {
        ByteBuffer batch = buffers.peek();
        for (int i = 0; i < IN_FLIGHT; i++) {
            bareBytes += bare.write(batch.duplicate());
        }
        if (fsync != FsyncMode.PERIODIC) {
            bare.force(false);
        }
        if (bareBytes > SEGMENT_BYTES) {
            bare.truncate(0);
            bareBytes = 0;
        }
    }

    @TearDown(Level.Trial)
    public void close() throws IOException, InterruptedException {
        slots.acquire(IN_FLIGHT);
        bare.close();
        wal.sealNow();
        releaser.shutdown();
        releaser.awaitTermination(1, TimeUnit.MINUTES);
        wal.close();
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.delete(file);
            }
        }
    }
}
