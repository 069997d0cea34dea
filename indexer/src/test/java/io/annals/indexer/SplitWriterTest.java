package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.CachedTars;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectStoreException;
import io.annals.archive.ReadPurpose;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.index.CheckIndex;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitWriterTest {
    private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAABQ");

    @TempDir Path folder;

    private final FieldQueries queries = new FieldQueries(QueryBounds.DEFAULT);
    private final InMemoryObjectStore store = new InMemoryObjectStore(InstantSource.system());

    private SplitWriter.SplitFile write(long ramBytes, BatchSource source) throws IOException {
        SplitWriter writer =
                new SplitWriter(
                        new SplitWriter.Options(
                                MappingLimits.DEFAULT, ramBytes, 1 << 24, 1, "annals test"));
        SplitWriter.Spec spec =
                new SplitWriter.Spec(
                        "split-1",
                        TOPIC,
                        List.of("segment-1"),
                        List.of(new PartitionRange(0, 0, 1000, 1000, 1, 0, 1, 0, 1)));
        return writer.write(spec, source, folder.resolve("work"), folder.resolve("split-1.tar.gz"));
    }

    private static BatchSource lines(long seed, int batches, int perBatch) {
        return sink -> {
            LogLines lines = new LogLines(seed);
            for (int i = 0; i < batches; i++) {
                sink.batch(i % 3, lines.batch((long) i * perBatch, perBatch), i);
            }
        };
    }

    private IndexSplit upload(SplitWriter.SplitFile file) throws IOException {
        assertThat(store.createIfAbsent(file.split().object().key(), file.path())).isTrue();
        return file.split();
    }

    @Test
    void aSplitAnswersLikeALocalIndex() throws IOException {
        IndexSplit split = upload(write(64 << 20, lines(1, 50, 100)));
        assertThat(split.documentCount()).isEqualTo(5000);
        try (TestIndex local = new TestIndex(MappingLimits.DEFAULT);
                CachedSplitReaders readers =
                        new CachedSplitReaders(new CachedTars(store, 1 << 24, 1 << 24), 10)) {
            lines(1, 50, 100).feed((partition, batch, time) -> local.add(partition, batch, time));
            LogLines words = new LogLines(1);
            try (SearchableView view = readers.acquire(split)) {
                assertThat(view.ranges()).containsEntry(0, new SearchableView.OffsetRange(0, 1000));
                assertThat(view.reader().leaves()).hasSize(1);
                for (int i = 0; i < 200; i++) {
                    Query query =
                            switch (i % 5) {
                                case 0 -> queries.word(RecordMapping.ALL, words.word());
                                case 1 -> queries.word("msg", words.word() + " " + words.word());
                                case 2 -> queries.prefix("msg", words.word().substring(0, 2));
                                case 3 -> queries.range("latency_ms", "" + i, true, null, true);
                                default -> queries.exact("host", "host-%03d".formatted(i));
                            };
                    assertThat(new IndexSearcher(view.reader()).count(query))
                            .as(query.toString())
                            .isEqualTo(local.searcher().count(query));
                }
            }
        }
    }

    @Test
    void aSmallBufferGivesTheSameSingleSegment() throws IOException {
        IndexSplit split = upload(write(1 << 20, lines(2, 60, 100)));
        try (CachedSplitReaders readers =
                        new CachedSplitReaders(new CachedTars(store, 1 << 24, 1 << 24), 10);
                SearchableView view = readers.acquire(split)) {
            assertThat(view.reader().leaves()).hasSize(1);
            assertThat(view.reader().numDocs()).isEqualTo(6000);
        }
    }

    @Test
    void openingTakesOneRequestAndALookupFewMore() throws IOException {
        IndexSplit split = upload(write(64 << 20, lines(3, 100, 100)));
        CachedTars tars = new CachedTars(store, 1 << 24, 1 << 24);
        try (CachedSplitReaders readers = new CachedSplitReaders(tars, 10);
                SearchableView view = readers.acquire(split)) {
            assertThat(tars.counts(ReadPurpose.TAIL).requests()).isEqualTo(1);
            assertThat(tars.counts(ReadPurpose.DEMAND).requests()).isZero();
            IndexSearcher searcher = new IndexSearcher(view.reader());
            searcher.count(queries.word("level", "error"));
            assertThat(
                            tars.counts(ReadPurpose.DEMAND).requests()
                                    + tars.counts(ReadPurpose.READ_AHEAD).requests())
                    .isLessThan(6);
        }
    }

    @Test
    void theIndexInASplitIsSound() throws IOException {
        IndexSplit split = upload(write(64 << 20, lines(4, 20, 100)));
        CachedTars tars = new CachedTars(store, 1 << 24, 1 << 24);
        try (SplitDirectory directory = new SplitDirectory(tars.open(split.object()));
                CheckIndex check =
                        new CheckIndex(
                                directory,
                                new org.apache.lucene.store.ByteBuffersDirectory()
                                        .obtainLock("write.lock"))) {
            assertThat(check.checkIndex().clean).isTrue();
        }
    }

    @Test
    void aSplitReaderClosedWhileInUseStaysReadable() throws IOException {
        IndexSplit split = upload(write(64 << 20, lines(5, 10, 100)));
        CachedSplitReaders readers =
                new CachedSplitReaders(new CachedTars(store, 1 << 24, 1 << 24), 10);
        SearchableView view = readers.acquire(split);
        readers.close();
        assertThat(new IndexSearcher(view.reader()).count(queries.exists("msg"))).isEqualTo(1000);
        view.close();
        assertThat(view.reader().getRefCount()).isZero();
    }

    @Test
    void aDamagedSplitNamesTheObject() throws IOException {
        SplitWriter.SplitFile file = write(64 << 20, lines(6, 20, 100));
        byte[] bytes = Files.readAllBytes(file.path());
        Random random = new Random(6);
        int failures = 0;
        for (int i = 0; i < 60; i++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            String key = "splits/damaged-" + i;
            store.createIfAbsent(key, damaged);
            ArchiveObject good = file.split().object();
            IndexSplit split =
                    new IndexSplit(
                            "split-1",
                            TOPIC,
                            new ArchiveObject(
                                    key, good.sizeBytes(), good.tailPosition(), good.sha256()),
                            List.of("segment-1"),
                            List.of(),
                            2000);
            try (CachedSplitReaders readers =
                            new CachedSplitReaders(new CachedTars(store, 1 << 24, 1 << 24), 10);
                    SearchableView view = readers.acquire(split)) {
                int found = new IndexSearcher(view.reader()).count(queries.exists("msg"));
                assertThat(found).isEqualTo(2000);
            } catch (ObjectStoreException e) {
                assertThat(e).hasMessageContaining(key);
                failures++;
            }
        }
        assertThat(failures).isPositive();
    }

    @Test
    void nothingIsLeftInTheWorkFolder() throws IOException {
        write(64 << 20, lines(7, 2, 10));
        assertThat(folder.resolve("work")).doesNotExist();
        BatchSource failing =
                sink -> {
                    sink.batch(0, new LogLines(1).batch(0, 10), 1);
                    throw new IOException("disk is gone");
                };
        assertThatThrownBy(() -> write(64 << 20, failing)).hasMessage("disk is gone");
        assertThat(folder.resolve("work")).doesNotExist();
    }

    @Test
    void aSplitWithoutRecordsCanBeOpened() throws IOException {
        IndexSplit split = upload(write(64 << 20, _ -> {}));
        try (CachedSplitReaders readers =
                        new CachedSplitReaders(new CachedTars(store, 1 << 24, 1 << 24), 10);
                SearchableView view = readers.acquire(split)) {
            assertThat(new IndexSearcher(view.reader()).count(queries.word("", "x"))).isZero();
        }
    }

    @Test
    void aBatchThatCannotBeReadIsCountedAndTheRestIndexed() throws IOException {
        List<ByteBuffer> batches = new ArrayList<>();
        LogLines lines = new LogLines(8);
        for (int i = 0; i < 3; i++) {
            batches.add(lines.batch(i * 10L, 10));
        }
        batches.get(1).putInt(57, 1000);
        IndexSplit split =
                upload(
                        write(
                                64 << 20,
                                sink -> {
                                    for (ByteBuffer batch : batches) {
                                        sink.batch(0, batch, 1);
                                    }
                                }));
        assertThat(split.documentCount()).isBetween(20L, 30L);
        SplitManifest manifest =
                SplitManifest.read(new CachedTars(store, 1 << 24, 1 << 24).open(split.object()));
        assertThat(manifest.counts().unreadableBatches()).isEqualTo(1);
    }
}
