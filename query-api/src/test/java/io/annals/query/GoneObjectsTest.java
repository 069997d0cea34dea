package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.CachedTars;
import io.annals.archive.NoSuchObjectException;
import io.annals.archive.SeekableRecordSegments;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryBounds;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reads by a generation whose objects were replaced and swept, as a replica does that is late:
/// whoever meets one looks at the newest generation and answers from there.
class GoneObjectsTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int SEGMENTS = 4;
    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);

    @TempDir Path folder;
    private TestNode node;
    private TopicMetadata topic;
    private TopicIdPartition partition;

    @BeforeEach
    void archiveAndMerge() throws Exception {
        node = new TestNode(folder);
        topic = node.createTopic("orders", 1, Map.of());
        partition = new TopicIdPartition(topic.id(), 0, topic.name());
        for (int i = 0; i < SEGMENTS; i++) {
            node.clock.advance(1_000);
            node.append(topic, 0, List.of(node.record("key", "order " + i)));
            node.archive();
        }
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    @Test
    void everyReadOfAReplicaThatIsLateIsAnsweredFromTheNewestGeneration() throws Exception {
        RegistrySnapshot old = node.registry.snapshot();
        node.upkeep(folder.resolve("upkeep"));
        sweep();
        assertThat(node.registry.snapshot().segments(topic.id())).hasSize(1);

        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.read(partition, 0, 1 << 20)).isInstanceOf(LogRead.Found.class);
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.records(partition, new TreeSet<>(Set.of(0L, 3L)))).hasSize(2);
        }
        long timeMs = node.clock.millis();
        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.offsetForTimestamp(partition, timeMs))
                    .map(TimestampOffset::offset)
                    .contains(3L);
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.maxTimestamp(partition))
                    .map(TimestampOffset::offset)
                    .contains(3L);
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.endOffsetForIngestTime(partition, timeMs - 1_000)).hasValue(3);
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.abortedTransactions(partition, 0, 4)).isEmpty();
        }
        try (Reader reader = new Reader(old)) {
            SearchResult found =
                    reader.search.search(
                            SearchRequest.builder("orders")
                                    .query("order")
                                    .requireComplete(true)
                                    .build());
            assertThat(found.hits()).hasSize(SEGMENTS);
            assertThat(found.coverage().holes()).isEmpty();
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.latest.latest("orders", KEY, OptionalLong.empty(), TIMEOUT))
                    .map(latest -> latest.record().offset())
                    .contains(3L);
        }
        try (Reader reader = new Reader(old)) {
            assertThat(reader.matches.first(reader.question(), 10).offsets())
                    .containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void whatWasDeletedMeanwhileIsOutOfRangeAndFoundNoMore() throws Exception {
        RegistrySnapshot old = node.registry.snapshot();
        node.upkeep(folder.resolve("upkeep"));
        node.registry.commit(_ ->
                Optional.of(
                        RegistryChange.ofTopic(
                                new TopicMetadata(
                                        topic.id(),
                                        topic.name(),
                                        topic.version() + 1,
                                        topic.configs(),
                                        List.of(2L),
                                        topic.createdAtMs(),
                                        false))));
        sweep();

        try (Reader reader = new Reader(old)) {
            assertThat(reader.log.read(partition, 0, 1 << 20))
                    .isInstanceOf(LogRead.OutOfRange.class);
        }
        try (Reader reader = new Reader(old)) {
            SearchResult found =
                    reader.search.search(SearchRequest.builder("orders").query("order").build());
            assertThat(found.hits()).hasSize(2);
        }
    }

    @Test
    void whatIsReallyMissingIsNamedAfterOneLook() throws Exception {
        RegistrySnapshot newest = node.registry.snapshot();
        String segment = newest.segments(topic.id()).getFirst().object().key();
        String split = newest.splits(topic.id()).getFirst().object().key();
        node.store.delete(segment);
        node.store.delete(split);

        try (Reader reader = new Reader(newest)) {
            assertThatThrownBy(() -> reader.log.read(partition, 0, 1 << 20))
                    .isInstanceOf(NoSuchObjectException.class)
                    .hasMessageContaining(segment);
            assertThat(reader.registry.looks).hasValue(1);
            assertThatThrownBy(() -> reader.log.offsetForTimestamp(partition, 0))
                    .isInstanceOf(NoSuchObjectException.class);
            assertThatThrownBy(() -> reader.log.abortedTransactions(partition, 0, 4))
                    .isInstanceOf(NoSuchObjectException.class);
            assertThat(reader.registry.looks).hasValue(3);
            SearchResult found =
                    reader.search.search(SearchRequest.builder("orders").query("order").build());
            assertThat(found.hits()).hasSize(SEGMENTS - 1);
            assertThat(found.coverage().holes())
                    .singleElement()
                    .satisfies(hole -> assertThat(hole.reason()).contains(split));
            assertThatThrownBy(() ->
                            reader.latest.latest(
                                    "orders", new byte[1], OptionalLong.empty(), TIMEOUT))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            refused ->
                                    assertThat(refused.reason())
                                            .isEqualTo(RefusedException.Reason.INCOMPLETE));
            assertThat(reader.registry.looks).hasValue(5);
        }
    }

    /// Deletes what the newest generation does not refer to.
    private void sweep() throws IOException {
        Set<String> objects = new HashSet<>();
        node.store.list("segments/", object -> objects.add(object.key()));
        node.store.list("splits/", object -> objects.add(object.key()));
        RegistrySnapshot newest = node.registry.snapshot();
        newest.segments(topic.id()).forEach(segment -> objects.remove(segment.object().key()));
        newest.splits(topic.id()).forEach(split -> objects.remove(split.object().key()));
        assertThat(objects).hasSize(2 * SEGMENTS);
        for (String object : objects) {
            node.store.delete(object);
        }
    }

    /// Everything that reads, with nothing cached.
    private final class Reader implements AutoCloseable {
        final LateRegistry registry;
        final TieredLog log;
        final SearchService search;
        final LatestValues latest;
        final MatchSearch matches;
        private final CachedSplitReaders splits;

        Reader(RegistrySnapshot known) {
            registry = new LateRegistry(known);
            CachedTars tars = new CachedTars(node.store, 1 << 20, 1 << 20);
            splits = new CachedSplitReaders(tars, 10);
            FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
            log =
                    new TieredLog(
                            node.wal,
                            registry,
                            new SeekableRecordSegments(tars, 1 << 20),
                            4,
                            1 << 20);
            search =
                    new SearchService(
                            registry, node.live, splits, log, fields, SearchLimits.DEFAULT);
            latest = new LatestValues(registry, node.live, splits, log, fields);
            matches = new MatchSearch(registry, node.live, splits, log, fields);
        }

        MatchSearch.Question question() {
            return new MatchSearch.Question(
                    partition,
                    SearchRequest.builder("orders").build(),
                    MatchAllDocsQuery.INSTANCE,
                    Constraints.NONE,
                    0,
                    SEGMENTS);
        }

        @Override
        public void close() {
            search.close();
            latest.close();
            splits.close();
        }
    }

    /// Shows one generation until it is told to look.
    private final class LateRegistry implements Registry {
        final AtomicInteger looks = new AtomicInteger();
        private volatile RegistrySnapshot shown;

        LateRegistry(RegistrySnapshot known) {
            shown = known;
        }

        @Override
        public RegistrySnapshot snapshot() {
            return shown;
        }

        @Override
        public Optional<RegistrySnapshot> snapshot(long generation) throws IOException {
            return node.registry.snapshot(generation);
        }

        @Override
        public RegistrySnapshot commit(
                Function<RegistrySnapshot, Optional<RegistryChange>> change) {
            throw new UnsupportedOperationException();
        }

        @Override
        public RegistrySnapshot refresh() {
            looks.incrementAndGet();
            shown = node.registry.snapshot();
            return shown;
        }

        @Override
        public void addListener(Consumer<RegistrySnapshot> listener) {}
    }
}
