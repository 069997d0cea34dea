package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.CachedTars;
import io.annals.archive.ObjectStore;
import io.annals.archive.RecordedReads;
import io.annals.archive.SeekableRecordSegments;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryBounds;
import io.annals.registry.ArchiveObject;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a search costs whose caches are empty: requests and bytes, split by split.
class ColdSearchTest {
    private static final int PARTITIONS = 3;
    private static final int BATCHES = 900;
    private static final int BATCH_RECORDS = 100;
    private static final String[] LEVELS = {"DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"};

    @TempDir static Path folder;

    private static TestNode node;
    private static TopicMetadata topic;
    private static String rare = "";

    /// One large split and a small one.
    @BeforeAll
    static void archive() throws IOException {
        node = new TestNode(folder);
        topic = node.createTopic("logs", PARTITIONS, Map.of());
        Random random = new Random(5);
        append(random, BATCHES);
        node.archive();
        append(random, 5);
        node.archive();
        assertThat(node.registry.snapshot().splits(topic.id())).hasSize(2);
    }

    @AfterAll
    static void close() throws IOException {
        node.close();
    }

    private static void append(Random random, int batches) {
        for (int i = 0; i < batches; i++) {
            List<SimpleRecord> records = new ArrayList<>();
            for (int j = 0; j < BATCH_RECORDS; j++) {
                node.clock.advance(random.nextInt(20));
                records.add(
                        new SimpleRecord(
                                node.clock.millis() - random.nextInt(500), null, line(random)));
            }
            node.append(topic, random.nextInt(PARTITIONS), records);
        }
    }

    private static byte[] line(Random random) {
        byte[] trace = new byte[16];
        random.nextBytes(trace);
        String traceId = HexFormat.of().formatHex(trace);
        if (rare.isEmpty()) {
            rare = traceId;
        }
        StringBuilder message = new StringBuilder("common");
        for (int i = 0; i < 8; i++) {
            message.append(" w").append((int) Math.pow(30_000, random.nextDouble()));
        }
        return """
        {"level":"%s","host":"host-%03d","trace_id":"%s","status":%d,"msg":"%s"}\
        """
                .formatted(
                        LEVELS[random.nextInt(LEVELS.length)],
                        random.nextInt(200),
                        traceId,
                        random.nextInt(600),
                        message)
                .getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RARE",
                "trace_id:RARE",
                "trace_id:0000",
                "level:ERROR",
                "error",
                "msg:common",
                "status:503",
                "msg:w17"
            })
    void aTermQueryTakesAtMostFiveRequestsPerSplit(String text) throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        SearchResult result = search(store, SearchRequest.of("logs", text.replace("RARE", rare)));

        assertThat(result.coverage().complete()).isTrue();
        assertThat(result.coverage().splits().searched()).isEqualTo(2);
        for (ArchiveObject split : splits()) {
            List<RecordedReads.Read> reads = store.reads(split.key());
            assertThat(reads).as("%s on %s", text, split.key()).hasSizeLessThanOrEqualTo(5);
            assertThat(reads).filteredOn(read -> read.isTailOf(split)).hasSize(1);
        }
    }

    @Test
    void aPhraseReadsPositionsToo() throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        search(store, SearchRequest.of("logs", "host:host-007"));

        assertThat(store.reads(splits().getFirst().key())).hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void aSplitWithoutTheTermCostsItsTailAndOneLookIntoTheDictionary() throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        search(store, SearchRequest.of("logs", "trace_id:" + "0".repeat(32)));

        for (ArchiveObject split : splits()) {
            assertThat(store.reads(split.key())).hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void aRareRecordIsFoundAndLoadedWithFewRequestsAndBytes() throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        SearchResult result = search(store, SearchRequest.of("logs", "trace_id:" + rare));

        assertThat(result.hits()).hasSize(1);
        assertThat(store.reads()).filteredOn(read -> read.key().startsWith("segments/")).hasSize(2);
        assertThat(store.reads().stream().mapToLong(RecordedReads.Read::length).sum())
                .isLessThan(2 << 20);
    }

    @Test
    void aSplitOutsideOfTheWindowIsNotOpened() throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        long end = node.clock.millis();
        search(
                store,
                SearchRequest.builder("logs").query("level:ERROR").fromMs(end - 1_000).build());

        assertThat(
                        store.reads().stream()
                                .map(RecordedReads.Read::key)
                                .filter(key -> key.startsWith("splits/")))
                .containsOnly(splits().getLast().key());
    }

    @Test
    void askingAgainReadsNothing() throws Exception {
        RecordedReads store = new RecordedReads(node.store);
        CachedTars tars = new CachedTars(store, 64 << 20, 64 << 20);
        try (CachedSplitReaders readers = new CachedSplitReaders(tars, 100);
                SearchService service = service(tars, readers)) {
            SearchRequest request = SearchRequest.of("logs", "level:ERROR AND host:host-007");
            SearchResult first = service.search(request);
            store.forgetReads();

            assertThat(service.search(request).hits())
                    .extracting(hit -> hit.record().offset())
                    .containsExactlyElementsOf(
                            first.hits().stream().map(hit -> hit.record().offset()).toList());
            assertThat(store.reads()).isEmpty();
        }
    }

    private static List<ArchiveObject> splits() {
        return node.registry.snapshot().splits(topic.id()).stream()
                .map(split -> split.object())
                .toList();
    }

    private static SearchResult search(ObjectStore store, SearchRequest request) throws Exception {
        CachedTars tars = new CachedTars(store, 64 << 20, 64 << 20);
        try (CachedSplitReaders readers = new CachedSplitReaders(tars, 100);
                SearchService service = service(tars, readers)) {
            return service.search(request);
        }
    }

    private static SearchService service(CachedTars tars, CachedSplitReaders readers) {
        TieredLog log =
                new TieredLog(
                        node.wal,
                        node.registry,
                        new SeekableRecordSegments(tars, 16 << 20),
                        16,
                        1 << 24);
        return new SearchService(
                node.registry,
                node.live,
                readers,
                log,
                new FieldQueries(QueryBounds.DEFAULT),
                SearchLimits.DEFAULT);
    }
}
