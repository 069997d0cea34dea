package io.annals.wal;

import io.annals.wal.AppendOutcome.Appended;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/// Short words for what tests do with a log.
final class TestWal {
    static final Uuid TOPIC = new Uuid(1, 2);
    static final TopicIdPartition P0 = partition(0);
    static final TopicIdPartition P1 = partition(1);

    private TestWal() {}

    static TopicIdPartition partition(int number) {
        return new TopicIdPartition(TOPIC, new TopicPartition("topic", number));
    }

    static WalConfig config(Path directory) {
        return config(directory, 1, 64 * 1024);
    }

    static WalConfig config(Path directory, int shards, long segmentBytes) {
        return new WalConfig(
                directory,
                shards,
                segmentBytes,
                Duration.ofHours(1),
                1L << 30,
                64 * 1024,
                Duration.ofMillis(5),
                Duration.ofMillis(20));
    }

    static FileWal open(Path directory) throws IOException {
        return FileWal.open(config(directory), Clock.systemUTC());
    }

    static AppendRequest request(TopicIdPartition partition, ByteBuffer batches) {
        return new AppendRequest(partition, batches, FsyncMode.ALWAYS, false);
    }

    static AppendOutcome append(FileWal wal, TopicIdPartition partition, ByteBuffer batches) {
        return wal.append(request(partition, batches)).join();
    }

    static Appended appended(FileWal wal, TopicIdPartition partition, ByteBuffer batches) {
        return (Appended) append(wal, partition, batches);
    }

    /// Every batch of a partition from `offset` on, as bytes.
    static List<byte[]> readAll(FileWal wal, TopicIdPartition partition, long offset) {
        List<byte[]> all = new ArrayList<>();
        long next = offset;
        long end = wal.partition(partition).orElseThrow().highWatermark();
        while (next < end) {
            try (FetchedBatches fetched = wal.read(partition, next, 10_000).orElseThrow()) {
                for (ByteBuffer batch : fetched.batches()) {
                    all.add(bytes(batch));
                }
                if (fetched.nextOffset() <= next) {
                    throw new AssertionError("no progress at " + next);
                }
                next = fetched.nextOffset();
            }
        }
        return all;
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path source : (Iterable<Path>) all::iterator) {
                Path target = to.resolve(from.relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(source, target);
                }
            }
        }
    }
}
