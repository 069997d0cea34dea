package io.annals.benchmarks.e2e;

import io.annals.archive.CachedTars;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.indexer.Archiver;
import io.annals.indexer.ArchiverSettings;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.SearchableView;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// A topic of one partition that is written through the WAL and archived by the archiver, into any
/// object store. Confined to one thread.
final class ArchivedTopic implements AutoCloseable {
    final FileWal wal;
    final DurableRegistry registry;
    final TopicIdPartition partition;
    private final Archiver archiver;

    /// @param indexed whether index splits are made as well
    ArchivedTopic(Path folder, ObjectStore store, boolean indexed) throws IOException {
        wal =
                FileWal.open(
                        new WalConfig(
                                folder.resolve("wal"),
                                1,
                                256 << 20,
                                Duration.ofHours(1),
                                4L << 30,
                                1 << 20,
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1)),
                        Clock.systemUTC());
        registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        Clock.systemUTC(),
                        RegistrySettings.defaults());
        TopicMetadata topic =
                new TopicMetadata(
                        Uuid.randomUuid(),
                        "logs",
                        1,
                        Map.of("annals.index.enable", "" + indexed),
                        List.of(0L),
                        0,
                        false);
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
        partition = new TopicIdPartition(topic.id(), 0, topic.name());
        wal.createPartition(partition, 0);
        archiver =
                new Archiver(
                        wal,
                        registry,
                        store,
                        new CachedTars(store, 64 << 20, 64 << 20),
                        ArchiverSettings.defaults(folder.resolve("work"), "benchmark"),
                        new Random(1));
    }

    /// @return bytes of the batch
    int append(Compression compression, List<SimpleRecord> records) {
        MemoryRecords batch =
                MemoryRecords.withRecords(compression, records.toArray(SimpleRecord[]::new));
        ByteBuffer bytes = ByteBuffer.allocateDirect(batch.sizeInBytes());
        bytes.put(batch.buffer().duplicate()).flip();
        AppendOutcome outcome =
                wal.append(new AppendRequest(partition, bytes, FsyncMode.PERIODIC, false)).join();
        if (!(outcome instanceof AppendOutcome.Appended)) {
            throw new IllegalStateException("the log answers " + outcome);
        }
        return batch.sizeInBytes();
    }

    /// Everything appended becomes one record segment, and one split if it is indexed.
    void archive() throws IOException {
        archiver.archiveNow();
    }

    @Override
    public void close() throws IOException {
        archiver.close();
        wal.close();
    }

    /// Everything is archived: nothing is hot.
    static final class NothingLive implements LiveIndex {
        @Override
        public Optional<SearchableView> acquire(Uuid topicId) {
            return Optional.empty();
        }

        @Override
        public CompletableFuture<Boolean> awaitSearchable(
                TopicIdPartition partition, long endOffset, Duration timeout) {
            return CompletableFuture.completedFuture(true);
        }
    }
}
