package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.query.RefusedException.Reason;
import io.annals.registry.IndexSplit;
import io.annals.registry.TopicMetadata;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a search has looked at and what it could not: each record once, every hole named.
class SearchCoverageTest {
    @TempDir Path folder;

    private TestNode node;
    private TopicMetadata topic;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(folder);
        topic = node.createTopic("logs", 2, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    private static SearchRequest.Builder query(String query) {
        return SearchRequest.builder("logs").query(query);
    }

    @Test
    void aSearchSeesEachRecordOnceWhileItMovesIntoTheArchive() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> producer =
                    threads.submit(() -> {
                        for (int i = 0; i < 400; i++) {
                            node.append(topic, i % 2, "one word", "two words");
                            if (i % 5 == 0) {
                                node.live.refresh();
                            }
                        }
                        done.set(true);
                        return null;
                    });
            Future<?> archiver =
                    threads.submit(() -> {
                        while (!done.get()) {
                            node.archive();
                            node.live.refresh();
                            Thread.sleep(20);
                        }
                        return null;
                    });
            long last = 0;
            int searches = 0;
            while (!done.get() || searches < 5) {
                SearchResult result = node.search.search(query("*").limit(1_000).build());
                Coverage coverage = result.coverage();
                long covered =
                        coverage.partitions().stream().mapToLong(p -> p.to() - p.from()).sum();
                assertThat(coverage.holes()).isEmpty();
                assertThat(result.total().value()).isEqualTo(covered);
                assertThat(covered).isGreaterThanOrEqualTo(last);
                assertThat(Set.copyOf(result.hits().stream().map(Object::toString).toList()))
                        .hasSize((int) Math.min(1_000, covered));
                last = covered;
                searches++;
            }
            producer.get();
            archiver.get();
        }
        node.live.refresh();
        assertThat(node.search.search(query("word").build()).total().value()).isEqualTo(400);
    }

    @Test
    void aMissingSplitIsAHoleAndFailsACompleteSearch() throws Exception {
        node.append(topic, 0, "first error");
        node.archive();
        IndexSplit split = node.registry.snapshot().splits(topic.id()).getFirst();
        node.append(topic, 0, "second error");
        node.archive();
        node.store.delete(split.object().key());

        SearchResult result = node.search.search(query("error").build());

        assertThat(TestNode.values(result)).containsExactly("second error");
        assertThat(result.coverage().complete()).isFalse();
        assertThat(result.coverage().splits()).isEqualTo(new Coverage.SplitCounts(1, 0, 1));
        assertThat(result.coverage().holes())
                .singleElement()
                .satisfies(hole -> {
                    assertThat(hole.partition()).isZero();
                    assertThat(hole.from()).isZero();
                    assertThat(hole.to()).isEqualTo(1);
                    assertThat(hole.reason()).contains("missing");
                });

        RefusedException refused = node.refused(query("error").requireComplete(true));
        assertThat(refused.reason()).isEqualTo(Reason.INCOMPLETE);
        assertThat(refused.holes()).hasSize(1);
    }

    @Test
    void aDamagedSplitIsAHole() throws Exception {
        node.append(topic, 0, "first error");
        node.archive();
        String key = node.registry.snapshot().splits(topic.id()).getFirst().object().key();
        byte[] bytes = new byte[(int) node.store.size(key)];
        node.store.read(key, 0, bytes.length).get(bytes);
        for (int at = 0; at < bytes.length; at += 7) {
            bytes[at] ^= 1;
        }
        node.store.delete(key);
        node.store.createIfAbsent(key, bytes);

        SearchResult result = node.search.search(query("error").build());

        assertThat(result.hits()).isEmpty();
        assertThat(result.coverage().splits().failed()).isEqualTo(1);
        assertThat(result.coverage().holes()).singleElement().extracting("to").isEqualTo(1L);
    }

    @Test
    void aMissingRecordSegmentIsAHoleOfTheHitsItHolds() throws Exception {
        node.append(topic, 0, "first error");
        node.archive();
        node.store.delete(node.registry.snapshot().segments(topic.id()).getFirst().object().key());

        SearchResult result = node.search.search(query("error").build());

        assertThat(result.hits()).isEmpty();
        assertThat(result.total().value()).isEqualTo(1);
        assertThat(result.coverage().holes()).singleElement().extracting("from").isEqualTo(0L);
        assertThat(node.refused(query("error").requireComplete(true)).reason())
                .isEqualTo(Reason.INCOMPLETE);
    }

    @Test
    void splitsThatCannotHoldAHitAreNotOpened() throws Exception {
        for (int i = 0; i < 4; i++) {
            node.clock.advance(1_000);
            node.append(topic, 0, "tick " + i);
            node.archive();
        }
        long now = node.clock.millis();

        SearchResult byTime = node.search.search(query("tick").fromMs(now).build());
        SearchResult byOffset = node.search.search(query("tick offset:<1").build());
        SearchResult asOf = node.search.search(query("tick").asOfMs(now - 2_000).build());
        SearchResult byPartition = node.search.search(query("tick").partitions(Set.of(1)).build());

        assertThat(TestNode.values(byTime)).containsExactly("tick 3");
        assertThat(byTime.coverage().splits()).isEqualTo(new Coverage.SplitCounts(1, 3, 0));
        assertThat(TestNode.values(byOffset)).containsExactly("tick 0");
        assertThat(byOffset.coverage().splits()).isEqualTo(new Coverage.SplitCounts(1, 3, 0));
        assertThat(TestNode.values(asOf)).containsExactly("tick 1", "tick 0");
        assertThat(asOf.coverage().splits()).isEqualTo(new Coverage.SplitCounts(2, 2, 0));
        assertThat(byPartition.coverage().splits()).isEqualTo(new Coverage.SplitCounts(0, 4, 0));
    }

    @Test
    void aCompleteSearchWaitsForAllThatExists() throws Exception {
        node.append(topic, 0, "fresh");

        SearchResult result = node.search.search(query("fresh").requireComplete(true).build());

        assertThat(TestNode.values(result)).containsExactly("fresh");
        assertThat(result.coverage().partitions().getFirst().to()).isEqualTo(1);
        assertThat(result.coverage().partitions().getFirst().highWatermark()).isEqualTo(1);
    }

    @Test
    void anAnswerWithoutTheNewestRecordsIsNotCompleteExceptAsOfBeforeThem() throws Exception {
        node.append(topic, 0, "indexed");
        node.live.refresh();
        long before = node.clock.millis();
        node.clock.advance(1_000);
        node.append(topic, 0, "not indexed yet");

        SearchResult now = node.search.search(query("*").build());
        SearchResult then = node.search.search(query("*").asOfMs(before).build());

        assertThat(TestNode.values(now)).containsExactly("indexed");
        assertThat(now.coverage().holes()).isEmpty();
        assertThat(now.coverage().partitions().getFirst().highWatermark()).isEqualTo(2);
        assertThat(now.coverage().complete()).isFalse();
        assertThat(TestNode.values(then)).containsExactly("indexed");
        assertThat(then.coverage().partitions().getFirst().highWatermark()).isEqualTo(1);
        assertThat(then.coverage().complete()).isTrue();
    }

    @Test
    void deletedRecordsAreNotFound() throws Exception {
        node.append(topic, 0, "one", "two", "three");
        node.archive();
        node.append(topic, 0, "four");
        node.live.refresh();

        node.deleteRecordsBefore(topic, 0, 2);

        SearchResult result = node.search.search(query("*").build());
        assertThat(TestNode.values(result)).containsExactly("four", "three");
        assertThat(result.coverage().partitions().getFirst().from()).isEqualTo(2);
        assertThat(result.coverage().complete()).isTrue();
    }

    /// As where record segments are under a lock: one split over several of them, of which
    /// retention took some.
    @Test
    void aSplitOverSeveralRecordSegmentsIsSearchedLikeTheirOwn() throws Exception {
        node.mergesRecords = false;
        for (int i = 0; i < 8; i++) {
            node.clock.advance(10);
            node.append(topic, i % 2, "word " + i);
            node.archive();
        }
        List<String> before = node.find(query("word"));
        assertThat(before).hasSize(8);

        node.upkeep(folder.resolve("upkeep"));

        assertThat(node.registry.snapshot().segments(topic.id())).hasSize(8);
        assertThat(node.registry.snapshot().splits(topic.id())).hasSize(1);
        assertThat(node.find(query("word"))).isEqualTo(before);
        node.deleteRecordsBefore(topic, 0, 2);
        node.deleteRecordsBefore(topic, 1, 1);
        node.upkeep(folder.resolve("upkeep"));
        assertThat(node.registry.snapshot().segments(topic.id())).hasSize(5);
        SearchResult result = node.search.search(query("word").build());
        assertThat(TestNode.values(result))
                .containsExactly("word 7", "word 6", "word 5", "word 4", "word 3");
        assertThat(result.coverage().complete()).isTrue();
    }

    @Test
    void timeThatRunsOutIsSaid() throws Exception {
        node.append(topic, 0, "a");
        node.archive();

        SearchResult result = node.search.search(query("a").timeout(Duration.ZERO).build());

        assertThat(result.total().exact()).isFalse();
        assertThat(result.coverage().complete()).isFalse();
        assertThat(result.cursor()).isEmpty();
    }
}
