package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.ArchiveFinding;
import io.annals.archive.ArchiveSweeper;
import io.annals.archive.ArchiveVerifier;
import io.annals.archive.CachedTars;
import io.annals.archive.ObjectClaims;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableTar;
import io.annals.registry.ArchiveObject;
import io.annals.registry.DurableRegistry;
import io.annals.registry.IndexSplit;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.BatchView;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.RecordReader;
import io.annals.wal.WalConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// The real parts of a node below the query layer, in a folder; can be closed and opened again.
final class TestNode implements AutoCloseable {
    final Path folder;
    final ObjectStore store;
    final FileWal wal;
    final DurableRegistry registry;
    final CachedTars tars;

    /// As where no lock forbids it.
    boolean mergesRecords = true;

    TestNode(Path folder, ObjectStore store) throws IOException {
        this.folder = folder;
        this.store = store;
        this.registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        Clock.systemUTC(),
                        RegistrySettings.defaults());
        this.tars = new CachedTars(store, 1 << 24, 1 << 24);
        this.wal =
                FileWal.open(
                        new WalConfig(
                                folder.resolve("wal"),
                                2,
                                1 << 20,
                                Duration.ofMinutes(10),
                                1L << 30,
                                1 << 20,
                                Duration.ofMillis(5),
                                Duration.ofMillis(500)),
                        Clock.systemUTC());
        for (TopicMetadata topic : registry.snapshot().topics()) {
            createPartitions(topic);
        }
    }

    private void createPartitions(TopicMetadata topic) {
        for (int p = 0; p < topic.partitionCount(); p++) {
            wal.createPartition(
                    partition(topic, p), registry.snapshot().archivedEndOffset(topic.id(), p));
        }
    }

    TopicMetadata createTopic(String name, int partitions, Map<String, String> configs)
            throws IOException {
        TopicMetadata topic =
                new TopicMetadata(
                        Uuid.randomUuid(),
                        name,
                        1,
                        configs,
                        Collections.nCopies(partitions, 0L),
                        1,
                        false);
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
        createPartitions(topic);
        return topic;
    }

    void deleteTopic(TopicMetadata topic) throws IOException {
        registry.commit(_ ->
                Optional.of(
                        RegistryChange.ofTopic(
                                new TopicMetadata(
                                        topic.id(),
                                        topic.name(),
                                        topic.version() + 1,
                                        topic.configs(),
                                        topic.logStartOffsets(),
                                        1,
                                        true))));
        wal.deleteTopic(topic.id());
    }

    static TopicIdPartition partition(TopicMetadata topic, int partition) {
        return new TopicIdPartition(topic.id(), partition, topic.name());
    }

    /// Appends one record per value, as one batch, and waits until it is durable.
    ///
    /// @return its base offset
    long append(TopicMetadata topic, int partition, String... values) {
        List<SimpleRecord> records = new ArrayList<>();
        for (String value : values) {
            records.add(Batches.record(1_790_000_000_000L + records.size(), "key", value));
        }
        return append(topic, partition, Batches.of(0, records));
    }

    /// Appends a batch and waits until it is durable.
    ///
    /// @return its base offset
    long append(TopicMetadata topic, int partition, ByteBuffer heap) {
        ByteBuffer direct = ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
        AppendOutcome outcome =
                wal.append(
                                new AppendRequest(
                                        partition(topic, partition),
                                        direct,
                                        FsyncMode.PERIODIC,
                                        false))
                        .join();
        return ((AppendOutcome.Appended) outcome).baseOffset();
    }

    Archiver archiver(ArchiveStep.Listener steps) throws IOException {
        return archiver(Clock.systemUTC(), 0, steps);
    }

    /// @param keptBytes what is archived is kept in the hot tier up to so many bytes
    Archiver archiver(InstantSource clock, long keptBytes, ArchiveStep.Listener steps)
            throws IOException {
        LocalRetention local =
                new LocalRetention(
                        wal,
                        registry,
                        clock,
                        new LocalRetention.Settings(Map::of, keptBytes, 0),
                        () -> 0);
        return new Archiver(
                new Archiver.Hot(wal, local),
                registry,
                store,
                tars,
                archiverSettings(),
                new Random(),
                steps);
    }

    ArchiveUpkeep upkeep(InstantSource clock, ArchiveStep.Listener steps) throws IOException {
        return new ArchiveUpkeep(
                wal, registry, store, tars, clock, upkeepSettings(), new Random(), steps);
    }

    UpkeepSettings upkeepSettings() {
        return new UpkeepSettings(
                folder.resolve("upkeep"),
                Duration.ofSeconds(30),
                Map::of,
                1 << 20,
                Duration.ZERO,
                4,
                Duration.ofDays(1_000),
                mergesRecords,
                1 << 20,
                archiverSettings().split());
    }

    ArchiverSettings archiverSettings() {
        return new ArchiverSettings(
                folder.resolve("archiver"),
                Duration.ofSeconds(30),
                2,
                3,
                Duration.ofMillis(10),
                Duration.ofMillis(100),
                new SplitWriter.Options(MappingLimits.DEFAULT, 16 << 20, 1 << 24, 1, "test"));
    }

    /// Values of a partition as the registry's record segments hold them, by reading the objects.
    List<String> archivedValues(TopicMetadata topic, int partition) throws IOException {
        RegistrySnapshot snapshot = registry.snapshot();
        List<String> values = new ArrayList<>();
        long next = 0;
        for (RecordSegment segment : snapshot.segments(topic.id(), partition)) {
            SeekableTar tar = tars.open(segment.object());
            SeekableTar.Entry entry =
                    tar.entry("records/%d.batches".formatted(partition)).orElseThrow();
            byte[] bytes = tar.readAll(entry.name(), 1 << 26);
            ByteBuffer batches = ByteBuffer.wrap(bytes);
            try (RecordReader reader = new RecordReader(1 << 24)) {
                for (int at = 0; at < bytes.length; ) {
                    BatchView batch = new BatchView(batches, at);
                    assertThat(batch.crcIsValid()).isTrue();
                    reader.open(batch);
                    while (reader.next()) {
                        assertThat(reader.offset()).isEqualTo(next++);
                        values.add(
                                new String(
                                        reader.array(),
                                        reader.valueAt(),
                                        reader.valueLength(),
                                        StandardCharsets.UTF_8));
                    }
                    at += batch.sizeBytes();
                }
            }
        }
        return values;
    }

    /// Documents in the splits of a topic.
    long archivedDocuments(TopicMetadata topic) throws IOException {
        long documents = 0;
        try (CachedSplitReaders readers = new CachedSplitReaders(tars, 100)) {
            for (IndexSplit split : registry.snapshot().splits(topic.id())) {
                try (SearchableView view = readers.acquire(split)) {
                    documents += view.reader().numDocs();
                }
            }
        }
        return documents;
    }

    /// Every catalogued object has the hash that the catalogue says.
    void assertHashesFit(TopicMetadata topic) throws IOException {
        List<ArchiveObject> catalogued = new ArrayList<>();
        registry.snapshot().segments(topic.id()).forEach(s -> catalogued.add(s.object()));
        registry.snapshot().splits(topic.id()).forEach(s -> catalogued.add(s.object()));
        for (ArchiveObject object : catalogued) {
            ByteBuffer bytes = store.read(object.key(), 0, (int) object.sizeBytes());
            assertThat(HexFormat.of().formatHex(DocumentWriter.sha256(bytes)))
                    .isEqualTo(object.sha256());
        }
    }

    /// Deletes what no generation refers to, however young.
    void sweep() throws IOException {
        ArchiveSweeper.Settings settings =
                new ArchiveSweeper.Settings(Duration.ZERO, Duration.ofDays(7), new ObjectClaims());
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(5));
        new ArchiveSweeper(store, tars, registry, later, settings).sweep();
    }

    /// Archives everything that is hot.
    void archive() throws IOException {
        try (Archiver archiver = archiver(ArchiveStep.Listener.NONE)) {
            archiver.archiveNow();
        }
    }

    UpkeepResult upkeep(Duration later) throws IOException {
        try (ArchiveUpkeep upkeep =
                upkeep(Clock.offset(Clock.systemUTC(), later), ArchiveStep.Listener.NONE)) {
            return upkeep.runNow();
        }
    }

    /// Upkeep by a process that dies after a step, if it gets there: nothing of it is closed.
    void dieInUpkeep(ArchiveStep fatal) throws IOException {
        ArchiveUpkeep upkeep =
                upkeep(
                        Clock.systemUTC(),
                        (step, _) -> {
                            if (step == fatal) {
                                throw new ProcessDied();
                            }
                        });
        try {
            upkeep.runNow();
        } catch (ProcessDied expected) {
            // as a process that is gone
        }
    }

    private static final class ProcessDied extends Error {
        private static final long serialVersionUID = 1;
    }

    /// Everything that the registry names is there and as it was written.
    void verify() throws IOException {
        ArchiveVerifier verifier = new ArchiveVerifier(store, 2, true);
        assertThat(verifier.verify(registry.snapshot(), (_, _, _) -> {}).findings())
                .filteredOn(ArchiveFinding::isProblem)
                .isEmpty();
    }

    List<String> objects(String prefix) throws IOException {
        List<String> keys = new ArrayList<>();
        store.list(prefix, object -> keys.add(object.key()));
        return keys;
    }

    @Override
    public void close() throws IOException {
        wal.close();
    }
}
