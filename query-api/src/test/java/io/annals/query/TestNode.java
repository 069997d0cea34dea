package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.annals.archive.CachedTars;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableRecordSegments;
import io.annals.indexer.ArchiveUpkeep;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.IndexSettings;
import io.annals.indexer.QueryBounds;
import io.annals.indexer.SplitWriter;
import io.annals.indexer.SteppedLiveIndex;
import io.annals.indexer.TestArchiver;
import io.annals.indexer.UpkeepSettings;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/// Both tiers of a node with real parts, all but the two that move by themselves: the live index
/// and the archiver step when the test says so.
final class TestNode implements AutoCloseable {
    final TestClock clock = new TestClock(1_700_000_000_000L);
    final FileWal wal;
    final ObjectStore store = new InMemoryObjectStore(clock);
    final DurableRegistry registry;
    final CachedSplitReaders splits;
    final TieredLog log;
    final SteppedLiveIndex live;
    final TestArchiver archiver;
    final SearchService search;
    final LatestValues latest;

    /// As where no lock forbids it.
    boolean mergesRecords = true;

    TestNode(Path folder) throws IOException {
        wal =
                FileWal.open(
                        new WalConfig(
                                folder.resolve("wal"),
                                2,
                                1 << 20,
                                Duration.ofHours(1),
                                1L << 30,
                                1 << 20,
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1)),
                        clock);
        registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        clock,
                        new RegistrySettings("test", 100, 64));
        CachedTars tars = new CachedTars(store, 64 << 20, 64 << 20);
        splits = new CachedSplitReaders(tars, 100);
        log = new TieredLog(wal, registry, new SeekableRecordSegments(tars, 16 << 20), 16, 1 << 24);
        live = new SteppedLiveIndex(wal);
        archiver = new TestArchiver(wal, store, registry, folder);
        FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
        search = new SearchService(registry, live, splits, log, fields, SearchLimits.DEFAULT);
        latest = new LatestValues(registry, live, splits, log, fields);
    }

    /// Compacts what is due.
    void upkeep(Path work) throws IOException {
        UpkeepSettings settings =
                new UpkeepSettings(
                        work,
                        Duration.ofHours(1),
                        Map::of,
                        1 << 20,
                        Duration.ZERO,
                        4,
                        Duration.ofDays(1_000),
                        mergesRecords,
                        1 << 20,
                        SplitWriter.Options.defaults("annals test"));
        CachedTars tars = new CachedTars(store, 1 << 20, 1 << 20);
        try (ArchiveUpkeep upkeep =
                new ArchiveUpkeep(wal, registry, store, tars, clock, settings, new Random(1))) {
            upkeep.runNow();
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
                        clock.millis(),
                        false);
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
        for (int partition = 0; partition < partitions; partition++) {
            TopicIdPartition id = new TopicIdPartition(topic.id(), partition, name);
            wal.createPartition(id, 0);
            if (IndexSettings.isIndexed(topic)) {
                live.add(id);
            }
        }
        return topic;
    }

    /// @return offset of the first record
    long append(TopicMetadata topic, int partition, List<SimpleRecord> records) {
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        partition % 2 == 0 ? Compression.NONE : Compression.lz4().build(),
                        records.toArray(SimpleRecord[]::new));
        ByteBuffer bytes = ByteBuffer.allocateDirect(batch.sizeInBytes());
        bytes.put(batch.buffer().duplicate()).flip();
        AppendOutcome outcome =
                wal.append(
                                new AppendRequest(
                                        new TopicIdPartition(topic.id(), partition, topic.name()),
                                        bytes,
                                        FsyncMode.PERIODIC,
                                        false))
                        .join();
        assertThat(outcome).isInstanceOf(AppendOutcome.Appended.class);
        return ((AppendOutcome.Appended) outcome).baseOffset();
    }

    /// Records with these values, no keys.
    long append(TopicMetadata topic, int partition, String... values) {
        List<SimpleRecord> records = new ArrayList<>();
        for (String value : values) {
            records.add(record(null, value));
        }
        return append(topic, partition, records);
    }

    SimpleRecord record(@Nullable String key, @Nullable String value) {
        return new SimpleRecord(clock.millis(), bytes(key), bytes(value));
    }

    static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    void archive() throws IOException {
        archiver.release(archiver.archive());
    }

    /// @return values of the hits
    List<String> find(SearchRequest.Builder request) throws Exception {
        return values(search.search(request.build()));
    }

    static List<String> values(SearchResult result) {
        return result.hits().stream()
                .map(hit -> new String(hit.record().value(), StandardCharsets.UTF_8))
                .toList();
    }

    /// Searches, expecting a refusal.
    RefusedException refused(SearchRequest.Builder request) {
        return catchThrowableOfType(RefusedException.class, () -> search.search(request.build()));
    }

    /// As DeleteRecords does it.
    void deleteRecordsBefore(TopicMetadata topic, int partition, long offset) throws IOException {
        registry.commit(snapshot -> {
            TopicMetadata now = snapshot.topic(topic.id()).orElseThrow();
            List<Long> starts = new ArrayList<>(now.logStartOffsets());
            starts.set(partition, offset);
            return Optional.of(
                    RegistryChange.ofTopic(
                            new TopicMetadata(
                                    now.id(),
                                    now.name(),
                                    now.version() + 1,
                                    now.configs(),
                                    starts,
                                    now.createdAtMs(),
                                    false)));
        });
        wal.deleteRecordsBefore(new TopicIdPartition(topic.id(), partition, topic.name()), offset);
    }

    @Override
    public void close() throws IOException {
        search.close();
        latest.close();
        splits.close();
        wal.close();
    }
}
