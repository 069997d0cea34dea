package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.CachedTars;
import io.annals.archive.FileObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.SeekableRecordSegments;
import io.annals.indexer.Archiver;
import io.annals.indexer.ArchiverSettings;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.LiveIndexSettings;
import io.annals.indexer.QueryBounds;
import io.annals.indexer.SplitWriter;
import io.annals.indexer.WalLiveIndex;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.WalConfig;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Producers, the live index, the archiver and searchers at the same time, all of them real.
class SearchEndToEndTest {
    private static final int PARTITIONS = 2;
    private static final int BATCHES = 400;
    private static final int BATCH_RECORDS = 20;

    @TempDir Path folder;

    private final TopicMetadata topic =
            new TopicMetadata(
                    Uuid.randomUuid(),
                    "logs",
                    1,
                    Map.of(),
                    Collections.nCopies(PARTITIONS, 0L),
                    0,
                    false);

    @Test
    void everyAcknowledgedRecordIsFoundOnceAtEveryMoment() throws Exception {
        Clock clock = Clock.systemUTC();
        try (FileObjectStore store =
                        new FileObjectStore(folder.resolve("archive"), folder.resolve("tmp"));
                FileWal wal = FileWal.open(walConfig(), clock)) {
            DurableRegistry registry =
                    DurableRegistry.open(
                            new ObjectRegistryStore(store), clock, RegistrySettings.defaults());
            registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
            for (int partition = 0; partition < PARTITIONS; partition++) {
                wal.createPartition(partition(partition), 0);
            }
            CachedTars tars = new CachedTars(store, 16 << 20, 16 << 20);
            TieredLog log =
                    new TieredLog(
                            wal, registry, new SeekableRecordSegments(tars, 1 << 20), 8, 1 << 24);
            FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
            try (WalLiveIndex live =
                            new WalLiveIndex(
                                    wal,
                                    registry,
                                    LiveIndexSettings.defaults(folder.resolve("live")));
                    Archiver archiver =
                            new Archiver(
                                    wal, registry, store, tars, archiverSettings(), new Random(1));
                    CachedSplitReaders splits = new CachedSplitReaders(tars, 8);
                    SearchService search =
                            new SearchService(
                                    registry, live, splits, log, fields, SearchLimits.DEFAULT)) {
                live.start(archiver::underWay);
                archiver.start();
                produceAndSearch(wal, search);

                assertAllFound(search);
                archiver.archiveNow();
                assertThat(registry.snapshot().splits(topic.id())).hasSizeGreaterThan(2);
                assertAllFound(search);
            }
        }
    }

    private WalConfig walConfig() {
        return new WalConfig(
                folder.resolve("wal"),
                1,
                256 << 10,
                Duration.ofSeconds(1),
                1L << 30,
                1 << 20,
                Duration.ofMillis(5),
                Duration.ofSeconds(1));
    }

    private ArchiverSettings archiverSettings() {
        return new ArchiverSettings(
                folder.resolve("work"),
                Duration.ofMillis(200),
                1,
                2,
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                SplitWriter.Options.defaults("annals test"));
    }

    private TopicIdPartition partition(int partition) {
        return new TopicIdPartition(topic.id(), partition, topic.name());
    }

    private void produceAndSearch(FileWal wal, SearchService search) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> producer = threads.submit(() -> produce(wal, search, done));
            long searches = 0;
            while (!done.get() || searches < 3) {
                SearchResult result =
                        search.search(SearchRequest.builder("logs").limit(50).build());
                Coverage coverage = result.coverage();
                assertThat(coverage.holes()).isEmpty();
                assertThat(result.total().value())
                        .isEqualTo(
                                coverage.partitions().stream()
                                        .mapToLong(p -> p.to() - p.from())
                                        .sum());
                searches++;
            }
            producer.get();
        }
    }

    private Object produce(FileWal wal, SearchService search, AtomicBoolean done) throws Exception {
        try {
            for (int batch = 0; batch < BATCHES; batch++) {
                long last = append(wal, batch) + BATCH_RECORDS - 1;
                if (batch % 40 == 0) { // read your own writes
                    SearchResult result =
                            search.search(
                                    SearchRequest.builder("logs")
                                            .query("batch" + batch)
                                            .minOffsets(Map.of(batch % PARTITIONS, last))
                                            .build());
                    assertThat(result.total().value()).isEqualTo(BATCH_RECORDS);
                }
            }
        } finally {
            done.set(true);
        }
        return done;
    }

    private long append(FileWal wal, int batch) {
        SimpleRecord[] records = new SimpleRecord[BATCH_RECORDS];
        for (int i = 0; i < records.length; i++) {
            String value =
                    "{\"text\":\"batch%d record%d %s\"}".formatted(batch, i, "filler ".repeat(20));
            records[i] =
                    new SimpleRecord(
                            1_000L * batch + i, null, value.getBytes(StandardCharsets.UTF_8));
        }
        MemoryRecords encoded = MemoryRecords.withRecords(Compression.NONE, records);
        ByteBuffer bytes = ByteBuffer.allocateDirect(encoded.sizeInBytes());
        bytes.put(encoded.buffer().duplicate()).flip();
        AppendOutcome outcome =
                wal.append(
                                new AppendRequest(
                                        partition(batch % PARTITIONS),
                                        bytes,
                                        FsyncMode.PERIODIC,
                                        false))
                        .join();
        return ((AppendOutcome.Appended) outcome).baseOffset();
    }

    private static void assertAllFound(SearchService search) throws Exception {
        SearchRequest.Builder request =
                SearchRequest.builder("logs").query("filler").requireComplete(true).limit(1_000);
        Set<List<Long>> found = new HashSet<>();
        SearchResult page = search.search(request.build());
        assertThat(page.total().value()).isEqualTo(BATCHES * BATCH_RECORDS);
        while (true) {
            for (SearchResult.Hit hit : page.hits()) {
                assertThat(found.add(List.of((long) hit.partition(), hit.record().offset())))
                        .isTrue();
            }
            if (page.cursor().isEmpty()) {
                break;
            }
            page = search.search(request.cursor(page.cursor().get()).build());
        }
        assertThat(found).hasSize(BATCHES * BATCH_RECORDS);
    }
}
