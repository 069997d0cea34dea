package io.annals.query;

import io.annals.archive.CachedTars;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentWriter;
import io.annals.archive.SeekableRecordSegments;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.SealedSegment;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// One partition over a real log, registry and archive, with a clock that a test moves.
final class TieredFixture implements AutoCloseable {
    private static final long CACHE_BYTES = 8 << 20;
    private static final List<CompressionType> CODECS = List.of(CompressionType.values());

    final TestClock clock;
    final FileWal wal;
    final DurableRegistry registry;
    final InMemoryObjectStore objects;
    final TopicIdPartition partition = new TopicIdPartition(Uuid.randomUuid(), 0, "t");
    TieredLog log;
    private final Path directory;

    /// A clock that stands still until it is told to go on.
    static final class TestClock extends Clock {
        private final AtomicLong now;

        TestClock(long nowMs) {
            now = new AtomicLong(nowMs);
        }

        void advanceMs(long ms) {
            now.addAndGet(ms);
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
            return Instant.ofEpochMilli(now.get());
        }
    }

    TieredFixture(Path directory, long nowMs) throws IOException {
        this.directory = directory;
        clock = new TestClock(nowMs);
        objects = new InMemoryObjectStore(clock);
        wal =
                FileWal.open(
                        new WalConfig(
                                directory.resolve("wal"),
                                1,
                                8L << 20,
                                Duration.ofHours(1),
                                512L << 20,
                                1 << 20,
                                Duration.ofMillis(1),
                                Duration.ofMillis(100)),
                        clock);
        registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(objects), clock, RegistrySettings.defaults());
        log = open();
        putTopic(1, 0);
        wal.createPartition(partition, 0);
    }

    private TieredLog open() {
        return new TieredLog(
                wal,
                registry,
                new SeekableRecordSegments(
                        new CachedTars(objects, CACHE_BYTES, CACHE_BYTES), CACHE_BYTES),
                4,
                64 << 20);
    }

    private void putTopic(long version, long logStartOffset) throws IOException {
        TopicMetadata topic =
                new TopicMetadata(
                        partition.topicId(),
                        partition.topic(),
                        version,
                        Map.of(),
                        List.of(logStartOffset),
                        clock.millis(),
                        false);
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
    }

    void append(Random random, SimpleRecord... records) {
        ByteBuffer batch =
                MemoryRecords.withRecords(
                                RecordBatch.MAGIC_VALUE_V2,
                                0L,
                                Compression.of(CODECS.get(random.nextInt(CODECS.size()))).build(),
                                TimestampType.CREATE_TIME,
                                records)
                        .buffer();
        AppendOutcome outcome =
                wal.append(new AppendRequest(partition, batch, FsyncMode.PERIODIC, false)).join();
        if (!(outcome instanceof AppendOutcome.Appended)) {
            throw new AssertionError("append: " + outcome);
        }
    }

    /// Archives what is sealed, oldest first.
    ///
    /// @param release let the log's copy go afterwards
    void archive(boolean release) throws IOException {
        wal.sealNow();
        for (SealedSegment sealed : new ArrayList<>(wal.sealedSegments())) {
            TopicMetadata topic = registry.snapshot().topic(partition.topicId()).orElseThrow();
            if (!registry.snapshot().isArchived(topic.id(), sealed.id())) {
                Path file = Files.createTempFile(directory, "segment", ".tar.gz");
                Optional<RecordSegmentFile> written =
                        RecordSegmentWriter.write(
                                topic,
                                List.of(sealed),
                                file,
                                new RecordSegmentWriter.Options(1, "test", false));
                if (written.isPresent()) {
                    objects.createIfAbsent(written.get().segment().object().key(), file);
                    registry.commit(_ ->
                            Optional.of(
                                    RegistryChange.ofArchived(
                                            List.of(written.get().segment()), List.of())));
                }
            }
            if (release) {
                wal.release(sealed);
            }
        }
    }

    void deleteRecordsBefore(long offset) throws IOException {
        long version = registry.snapshot().topic(partition.topicId()).orElseThrow().version();
        putTopic(version + 1, offset);
        wal.deleteRecordsBefore(partition, offset);
    }

    void loseArchivedObjects() throws IOException {
        List<String> keys = new ArrayList<>();
        objects.list("segments/", object -> keys.add(object.key()));
        for (String key : keys) {
            objects.delete(key);
        }
    }

    /// Forgets what was cached of the archive.
    void reopenArchive() {
        log = open();
    }

    @Override
    public void close() throws IOException {
        wal.close();
    }
}
