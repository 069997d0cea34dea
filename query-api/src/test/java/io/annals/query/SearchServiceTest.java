package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.annals.query.RefusedException.Reason;
import io.annals.registry.IndexSplit;
import io.annals.registry.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchServiceTest {
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

    private List<String> find(SearchRequest.Builder request) throws Exception {
        return values(node.search.search(request.build()));
    }

    private static List<String> values(SearchResult result) {
        return result.hits().stream()
                .map(hit -> new String(hit.record().value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static SearchRequest.Builder query(String query) {
        return SearchRequest.builder("logs").query(query);
    }

    private RefusedException refused(SearchRequest.Builder request) {
        return catchThrowableOfType(
                RefusedException.class, () -> node.search.search(request.build()));
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

        assertThat(values(result)).containsExactly("second error");
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

        RefusedException refused = refused(query("error").requireComplete(true));
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
    void anyStringIsAnsweredOrRefused() throws Exception {
        node.append(topic, 0, "a level 1", "{\"level\":\"a\",\"a\":1,\"t\":\"2026-01-01\"}");
        node.archive();
        node.append(topic, 1, "\u00e9 hot a");
        node.live.refresh();
        long seed = Long.getLong("annals.seed", 4711);
        Random random = new Random(seed);
        for (int i = 0; i < 1_500; i++) {
            String query = QueryParserTest.randomQuery(random);
            SearchOrder order = i % 2 == 0 ? SearchOrder.NEWEST : SearchOrder.SCORE;
            try {
                SearchResult result = node.search.search(query(query).order(order).build());
                assertThat(result.coverage().holes()).as("seed %d: %s", seed, query).isEmpty();
            } catch (RefusedException e) {
                assertThat(e.reason()).isEqualTo(Reason.INVALID_PARAMETER);
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d: %s".formatted(seed, query), e);
            }
        }
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
        assertThat(refused(query("error").requireComplete(true)).reason())
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

        assertThat(values(byTime)).containsExactly("tick 3");
        assertThat(byTime.coverage().splits()).isEqualTo(new Coverage.SplitCounts(1, 3, 0));
        assertThat(values(byOffset)).containsExactly("tick 0");
        assertThat(byOffset.coverage().splits()).isEqualTo(new Coverage.SplitCounts(1, 3, 0));
        assertThat(values(asOf)).containsExactly("tick 1", "tick 0");
        assertThat(asOf.coverage().splits()).isEqualTo(new Coverage.SplitCounts(2, 2, 0));
        assertThat(byPartition.coverage().splits()).isEqualTo(new Coverage.SplitCounts(0, 4, 0));
    }

    @Test
    void minOffsetMakesAWriterReadItsOwnWrites() throws Exception {
        long offset = node.append(topic, 1, "mine");

        assertThat(find(query("mine"))).isEmpty();
        assertThat(find(query("mine").minOffsets(Map.of(1, offset)))).containsExactly("mine");
        RefusedException refused =
                refused(
                        query("mine")
                                .minOffsets(Map.of(1, offset + 1))
                                .timeout(Duration.ofMillis(100)));
        assertThat(refused.reason()).isEqualTo(Reason.NOT_YET_SEARCHABLE);
        assertThat(refused(query("x").minOffsets(Map.of(7, 0L))).reason())
                .isEqualTo(Reason.INVALID_PARAMETER);
    }

    @Test
    void aCompleteSearchWaitsForAllThatExists() throws Exception {
        node.append(topic, 0, "fresh");

        SearchResult result = node.search.search(query("fresh").requireComplete(true).build());

        assertThat(values(result)).containsExactly("fresh");
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

        assertThat(values(now)).containsExactly("indexed");
        assertThat(now.coverage().holes()).isEmpty();
        assertThat(now.coverage().partitions().getFirst().highWatermark()).isEqualTo(2);
        assertThat(now.coverage().complete()).isFalse();
        assertThat(values(then)).containsExactly("indexed");
        assertThat(then.coverage().partitions().getFirst().highWatermark()).isEqualTo(1);
        assertThat(then.coverage().complete()).isTrue();
    }

    @Test
    void aGenerationIsSearchedAsItWas() throws Exception {
        node.append(topic, 0, "old");
        node.archive();
        long generation = node.registry.snapshot().generation();
        node.append(topic, 0, "new");
        node.archive();
        node.append(topic, 0, "hot");
        node.live.refresh();

        assertThat(find(query("*"))).containsExactly("hot", "new", "old");
        assertThat(find(query("*").generation(generation))).containsExactly("old");
        RefusedException unknown = refused(query("*").generation(generation + 1_000));
        assertThat(unknown.reason()).isEqualTo(Reason.GENERATION_GONE);
        assertThat(unknown).hasMessageContaining("is unknown or no longer kept");

        node.deleteRecordsBefore(topic, 0, 1);
        assertThat(refused(query("*").generation(generation)).reason())
                .isEqualTo(Reason.GENERATION_GONE);
    }

    @Test
    void deletedRecordsAreNotFound() throws Exception {
        node.append(topic, 0, "one", "two", "three");
        node.archive();
        node.append(topic, 0, "four");
        node.live.refresh();

        node.deleteRecordsBefore(topic, 0, 2);

        SearchResult result = node.search.search(query("*").build());
        assertThat(values(result)).containsExactly("four", "three");
        assertThat(result.coverage().partitions().getFirst().from()).isEqualTo(2);
        assertThat(result.coverage().complete()).isTrue();
    }

    @Test
    void relevanceCountsRareWordsMore() throws Exception {
        node.append(topic, 0, "common", "common", "common rare", "common");
        node.archive();
        node.append(topic, 1, "rare", "common", "common");
        node.live.refresh();

        SearchResult result =
                node.search.search(query("common OR rare").order(SearchOrder.SCORE).build());

        assertThat(values(result)).startsWith("common rare", "rare").hasSize(7);
        assertThat(result.hits().getFirst().score()).isPresent();
    }

    @Test
    void wordsThatMatchAreMarked() throws Exception {
        node.append(
                topic,
                0,
                List.of(
                        node.record(
                                "user-7",
                                "Connection to db REFUSED: connection refused by \"host\"")));
        node.live.refresh();

        assertThat(highlight("\"connection refused\""))
                .containsExactly(
                        Map.entry(
                                "value",
                                List.of(
                                        "Connection to db REFUSED: <em>connection</em>"
                                                + " <em>refused</em> by \"host\"")));
        assertThat(highlight("user -nothing").get("key")).containsExactly("<em>user</em>-7");
        assertThat(highlight("refus* OR h?st").toString())
                .contains("<em>REFUSED</em>", "<em>refused</em>", "<em>host</em>");
        assertThat(highlight("conection~1").toString())
                .contains("<em>Connection</em>", "<em>connection</em>");
        assertThat(highlight("offset:0")).isEmpty();
    }

    @Test
    void aFragmentCutsNoWord() throws Exception {
        String filler = "\uD83D\uDE00abcdefg ".repeat(40);
        node.append(topic, 0, filler + "needle " + filler);
        node.live.refresh();

        String fragment = highlight("needle").getOrDefault("value", List.of()).getFirst();

        assertThat(fragment).contains("<em>needle</em>").hasSizeLessThan(200);
        assertThat(fragment.split(" "))
                .allMatch(word -> List.of("\uD83D\uDE00abcdefg", "<em>needle</em>").contains(word));
    }

    private Map<String, List<String>> highlight(String query) throws Exception {
        return node.search.search(query(query).build()).hits().getFirst().highlight();
    }

    @Test
    void severalTopicsAreSearchedAsOne() throws Exception {
        TopicMetadata other = node.createTopic("logs-2", 1, Map.of());
        TopicMetadata silent =
                node.createTopic("logs-3", 1, Map.of("annals.index.enable", "false"));
        node.append(topic, 0, "a");
        node.clock.advance(10);
        node.append(other, 0, "b");
        node.append(silent, 0, "c");
        node.live.refresh();

        assertThat(find(SearchRequest.builder("logs,logs-2"))).containsExactly("b", "a");
        SearchResult pattern = node.search.search(SearchRequest.of("logs*", ""));
        assertThat(values(pattern)).containsExactly("b", "a");
        assertThat(pattern.coverage().holes())
                .containsExactly(new Coverage.Hole("logs-3", 0, 0, 1, "not indexed"));
        assertThat(refused(SearchRequest.builder("logs-3")).reason()).isEqualTo(Reason.NOT_INDEXED);
        assertThat(refused(SearchRequest.builder("nothing*")).reason())
                .isEqualTo(Reason.UNKNOWN_TOPIC);
        assertThat(refused(SearchRequest.builder("logs,absent")).reason())
                .isEqualTo(Reason.UNKNOWN_TOPIC);
        assertThat(refused(SearchRequest.builder("*a*b*c*d*")).reason())
                .isEqualTo(Reason.INVALID_PARAMETER);
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

    @Test
    void aCursorBelongsToItsSearch() throws Exception {
        node.append(topic, 0, "a", "a", "a");
        node.live.refresh();
        String cursor = node.search.search(query("a").limit(1).build()).cursor().orElseThrow();

        assertThat(find(query("a").limit(1).cursor(cursor))).containsExactly("a");
        assertThat(refused(query("b").cursor(cursor)).parameter()).hasValue("cursor");
        assertThat(refused(query("a").cursor(cursor + "A")).parameter()).hasValue("cursor");
        assertThat(refused(query("a").cursor("nonsense")).parameter()).hasValue("cursor");
        String flipped = (cursor.charAt(0) == 'A' ? "B" : "A") + cursor.substring(1);
        assertThat(refused(query("a").cursor(flipped)).parameter()).hasValue("cursor");
    }

    @Test
    void whatIsNotAllowedNamesTheParameter() {
        assertThat(refused(query("a").limit(0)).parameter()).hasValue("limit");
        assertThat(refused(query("a").limit(1_001)).parameter()).hasValue("limit");
        assertThat(refused(query("a").timeout(Duration.ofHours(1))).parameter())
                .hasValue("timeout_ms");
        assertThat(refused(query("a").partitions(Set.of(2))).reason())
                .isEqualTo(Reason.UNKNOWN_PARTITION);
        assertThat(refused(query("offset:x")).position()).hasValue(0);
        assertThat(refused(query("a timestamp:>yesterday")).position()).hasValue(2);
        assertThat(refused(query("=> ...")).parameter()).hasValue("q");
        assertThat(refused(query("/a(b/")).parameter()).hasValue("q");
        assertThat(refused(query("/[a-z]{1,200}x{300}(a|b){50,80}/")).parameter()).hasValue("q");
    }
}
