package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.IndexSplit;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;
import org.apache.lucene.search.IndexSearcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalLiveIndexTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final long LEAVE_BYTES = 64 << 10;
    private static final String VALUE = "word ".repeat(2_000);
    private static final int MUCH = 20 * VALUE.length();

    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());
    private final FieldQueries queries = new FieldQueries(QueryBounds.DEFAULT);

    private WalLiveIndex live(TestNode node, Duration refresh) throws IOException {
        return live(node, refresh, List::of);
    }

    private WalLiveIndex live(
            TestNode node, Duration refresh, Supplier<List<SealedSegment>> beingArchived)
            throws IOException {
        WalLiveIndex live =
                new WalLiveIndex(
                        node.wal,
                        node.registry,
                        new LiveIndexSettings(
                                folder.resolve("live"),
                                1,
                                refresh,
                                Duration.ofMillis(100),
                                4 << 20,
                                64 << 10,
                                LEAVE_BYTES,
                                Duration.ofMinutes(1),
                                1 << 24,
                                MappingLimits.DEFAULT));
        live.start(beingArchived);
        return live;
    }

    private int count(LiveIndex live, TopicMetadata topic, String word) throws IOException {
        Optional<SearchableView> leased = live.acquire(topic.id());
        if (leased.isEmpty()) {
            return 0;
        }
        try (SearchableView view = leased.get()) {
            return new IndexSearcher(view.reader()).count(queries.word("", word));
        }
    }

    @Test
    void newRecordsAreSearchableWithinASecond() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                WalLiveIndex live = live(node, Duration.ofMillis(250))) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            node.append(topic, 0, "warm up");
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 1, LONG).get()).isTrue();
            long slowestNanos = 0;
            for (int i = 1; i <= 10; i++) {
                long begin = System.nanoTime();
                long offset = node.append(topic, 0, "{\"msg\":\"number" + i + " needle\"}");
                assertThat(
                                live.awaitSearchable(TestNode.partition(topic, 0), offset + 1, LONG)
                                        .get())
                        .isTrue();
                slowestNanos = Math.max(slowestNanos, System.nanoTime() - begin);
                assertThat(count(live, topic, "number" + i)).isEqualTo(1);
            }
            assertThat(count(live, topic, "needle")).isEqualTo(10);
            assertThat(Duration.ofNanos(slowestNanos)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void waitingForWhatNeverComesEndsWithFalse() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                WalLiveIndex live = live(node, Duration.ofMillis(50))) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            node.append(topic, 0, "one");
            assertThat(
                            live.awaitSearchable(
                                            TestNode.partition(topic, 0), 2, Duration.ofMillis(300))
                                    .get())
                    .isFalse();
        }
    }

    @Test
    void whatIsNotSearchableYetIsTold() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                WalLiveIndex live = live(node, Duration.ofHours(1))) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            assertThat(live.lag()).isEqualTo(LiveLag.NONE);
            node.append(topic, 0, "one");
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 1, LONG).get()).isTrue();
            assertThat(live.lag()).isEqualTo(LiveLag.NONE);

            long oldest = System.currentTimeMillis();
            node.append(topic, 0, "two", "three"); // after an hour's rest
            node.append(topic, 1, "four");

            assertThat(live.lag().records()).isEqualTo(3);
            assertThat(live.lag().oldestIngestMs()).isGreaterThanOrEqualTo(oldest);
        }
    }

    @Test
    void afterARestartTheHotTierIsIndexedAgain() throws Exception {
        TopicMetadata topic;
        try (TestNode node = new TestNode(folder, objects)) {
            topic = node.createTopic("t", 1, Map.of());
            for (int i = 0; i < 20; i++) {
                node.append(topic, 0, "old needle");
            }
        }
        try (TestNode node = new TestNode(folder, objects);
                WalLiveIndex live = live(node, Duration.ofMillis(50))) {
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 20, LONG).get()).isTrue();
            assertThat(count(live, topic, "needle")).isEqualTo(20);
        }
    }

    @Test
    void whatIsArchivedIsForgottenButStaysReadableWhileInUse() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE);
                WalLiveIndex live = live(node, Duration.ofMillis(20))) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            node.append(topic, 0, "one needle", "two needle");
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 2, LONG).get()).isTrue();
            try (SearchableView old = live.acquire(topic.id()).orElseThrow()) {
                archiver.archiveNow();
                for (int i = 0; i < 500 && live.acquire(topic.id()).isPresent(); i++) {
                    Thread.sleep(20);
                }
                assertThat(live.acquire(topic.id())).isEmpty();
                assertThat(new IndexSearcher(old.reader()).count(queries.word("", "needle")))
                        .isEqualTo(2);
            }
            node.append(topic, 0, "three needle");
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 3, LONG).get()).isTrue();
            try (SearchableView view = live.acquire(topic.id()).orElseThrow()) {
                assertThat(view.ranges()).isEqualTo(Map.of(0, range(2, 3)));
            }
        }
    }

    @Test
    void whatTheArchiveWillHaveSoonerIsLeftToItUnlessSomebodyWaits() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            TopicMetadata other = node.createTopic("other", 1, Map.of());
            appendMuch(node, topic);
            appendMuch(node, other);
            node.wal.sealNow();
            try (WalLiveIndex live = live(node, Duration.ofMillis(20), node.wal::sealedSegments)) {
                long end = MUCH / VALUE.length();
                Thread.sleep(300);
                assertThat(live.acquire(topic.id())).isEmpty();
                assertThat(live.lag().records()).isEqualTo(2 * end);

                assertThat(live.awaitSearchable(TestNode.partition(other, 0), end, LONG).get())
                        .isTrue();
                assertThat(live.acquire(topic.id())).isEmpty();

                archiver.archiveNow();
                node.append(topic, 0, "behind needle");
                for (int i = 0; i < 500 && count(live, topic, "needle") == 0; i++) {
                    Thread.sleep(20);
                }
                try (SearchableView view = live.acquire(topic.id()).orElseThrow()) {
                    assertThat(view.ranges()).isEqualTo(Map.of(0, range(end, end + 1)));
                }
            }
        }
    }

    @Test
    void whatWasLeftIsIndexedOnceArchivingFails() throws Exception {
        AtomicBoolean archivingGoesWell = new AtomicBoolean(true);
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            appendMuch(node, topic);
            node.wal.sealNow();
            Supplier<List<SealedSegment>> beingArchived =
                    () -> archivingGoesWell.get() ? node.wal.sealedSegments() : List.of();
            try (WalLiveIndex live = live(node, Duration.ofMillis(20), beingArchived)) {
                Thread.sleep(300);
                assertThat(live.acquire(topic.id())).isEmpty();
                archivingGoesWell.set(false);
                long end = MUCH / VALUE.length();
                for (int i = 0; i < 500 && count(live, topic, "word") < end; i++) {
                    Thread.sleep(20);
                }
                assertThat(count(live, topic, "word")).isEqualTo((int) end);
            }
        }
    }

    private static void appendMuch(TestNode node, TopicMetadata topic) {
        for (int i = 0; i < MUCH; i += VALUE.length()) {
            node.append(topic, 0, VALUE);
        }
    }

    @Test
    void aDeletedTopicIsForgotten() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                WalLiveIndex live = live(node, Duration.ofMillis(20))) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            node.append(topic, 0, "needle");
            assertThat(live.awaitSearchable(TestNode.partition(topic, 0), 1, LONG).get()).isTrue();
            node.deleteTopic(topic);
            for (int i = 0; i < 500 && live.status().topics() > 0; i++) {
                Thread.sleep(20);
            }
            assertThat(live.acquire(topic.id())).isEmpty();
            assertThat(live.status().topics()).isZero();
        }
    }

    @Test
    void hotAndArchivedTogetherHaveNoHoleAndNoDoubleAtAnyTime() throws Exception {
        int partitions = 3;
        AtomicBoolean done = new AtomicBoolean();
        AtomicLongArray acknowledged = new AtomicLongArray(partitions);
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE);
                WalLiveIndex live = live(node, Duration.ofMillis(20));
                CachedSplitReaders splits = new CachedSplitReaders(node.tars, 5);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            TopicMetadata topic = node.createTopic("t", partitions, Map.of());
            List<Future<?>> work = new ArrayList<>();
            for (int p = 0; p < partitions; p++) {
                int partition = p;
                work.add(
                        threads.submit(() -> {
                            for (int i = 0; !done.get(); i++) {
                                long base = node.append(topic, partition, "a " + i, "b " + i, "c");
                                acknowledged.set(partition, base + 3);
                                Thread.sleep(5);
                            }
                            return null;
                        }));
            }
            for (int s = 0; s < 2; s++) {
                work.add(
                        threads.submit(() -> {
                            Map<Integer, Long> seen = new HashMap<>();
                            while (!done.get()) {
                                searchOnce(node, live, splits, topic, seen);
                            }
                            return null;
                        }));
            }
            for (int round = 0; round < 8; round++) {
                Thread.sleep(250);
                archiver.archiveNow();
            }
            done.set(true);
            for (Future<?> one : work) {
                one.get();
            }
            for (int p = 0; p < partitions; p++) {
                long end = acknowledged.get(p);
                assertThat(live.awaitSearchable(TestNode.partition(topic, p), end, LONG).get())
                        .isTrue();
            }
            Map<Integer, Long> seen = new HashMap<>();
            searchOnce(node, live, splits, topic, seen);
            for (int p = 0; p < partitions; p++) {
                assertThat(seen).containsEntry(p, acknowledged.get(p));
            }
        }
    }

    /// Counts what a search over both tiers finds, and compares with the ranges it claims.
    private void searchOnce(
            TestNode node,
            LiveIndex live,
            SplitReaders splits,
            TopicMetadata topic,
            Map<Integer, Long> seen)
            throws IOException, ExecutionException {
        Optional<SearchableView> hot = live.acquire(topic.id());
        RegistrySnapshot snapshot = node.registry.snapshot();
        Map<Integer, SearchableView.OffsetRange> ranges = new HashMap<>();
        long expected = 0;
        for (int p = 0; p < topic.partitionCount(); p++) {
            long end = snapshot.archivedEndOffset(topic.id(), p);
            if (hot.isPresent() && hot.get().ranges().containsKey(p)) {
                SearchableView.OffsetRange range = hot.get().ranges().get(p);
                assertThat(range.from()).as("no hole").isLessThanOrEqualTo(end);
                if (range.to() > end) {
                    ranges.put(p, range(end, range.to()));
                    end = range.to();
                }
            }
            expected += end;
            assertThat(end)
                    .as("never less than before")
                    .isGreaterThanOrEqualTo(seen.getOrDefault(p, 0L));
            seen.put(p, end);
        }
        long found = 0;
        if (hot.isPresent()) {
            try (SearchableView view = hot.get()) {
                found += new IndexSearcher(view.reader()).count(queries.within(ranges));
            }
        }
        for (IndexSplit split : snapshot.splits(topic.id())) {
            try (SearchableView view = splits.acquire(split)) {
                found += view.reader().numDocs();
            }
        }
        assertThat(found).isEqualTo(expected);
    }

    private static SearchableView.OffsetRange range(long from, long to) {
        return new SearchableView.OffsetRange(from, to);
    }
}
