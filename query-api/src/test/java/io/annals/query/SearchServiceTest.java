package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.query.RefusedException.Reason;
import io.annals.registry.TopicMetadata;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is found, in which order, how it is shown, and what is refused.
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

    private static SearchRequest.Builder query(String query) {
        return SearchRequest.builder("logs").query(query);
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
    void minOffsetMakesAWriterReadItsOwnWrites() throws Exception {
        long offset = node.append(topic, 1, "mine");

        assertThat(node.find(query("mine"))).isEmpty();
        assertThat(node.find(query("mine").minOffsets(Map.of(1, offset)))).containsExactly("mine");
        RefusedException refused =
                node.refused(
                        query("mine")
                                .minOffsets(Map.of(1, offset + 1))
                                .timeout(Duration.ofMillis(100)));
        assertThat(refused.reason()).isEqualTo(Reason.NOT_YET_SEARCHABLE);
        assertThat(node.refused(query("x").minOffsets(Map.of(7, 0L))).reason())
                .isEqualTo(Reason.INVALID_PARAMETER);
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

        assertThat(node.find(query("*"))).containsExactly("hot", "new", "old");
        assertThat(node.find(query("*").generation(generation))).containsExactly("old");
        RefusedException unknown = node.refused(query("*").generation(generation + 1_000));
        assertThat(unknown.reason()).isEqualTo(Reason.GENERATION_GONE);
        assertThat(unknown).hasMessageContaining("is unknown or no longer kept");

        node.deleteRecordsBefore(topic, 0, 1);
        assertThat(node.refused(query("*").generation(generation)).reason())
                .isEqualTo(Reason.GENERATION_GONE);
    }

    @Test
    void relevanceCountsRareWordsMore() throws Exception {
        node.append(topic, 0, "common", "common", "common rare", "common");
        node.archive();
        node.append(topic, 1, "rare", "common", "common");
        node.live.refresh();

        SearchResult result =
                node.search.search(query("common OR rare").order(SearchOrder.SCORE).build());

        assertThat(TestNode.values(result)).startsWith("common rare", "rare").hasSize(7);
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

        assertThat(node.find(SearchRequest.builder("logs,logs-2"))).containsExactly("b", "a");
        SearchResult pattern = node.search.search(SearchRequest.of("logs*", ""));
        assertThat(TestNode.values(pattern)).containsExactly("b", "a");
        assertThat(pattern.coverage().holes())
                .containsExactly(new Coverage.Hole("logs-3", 0, 0, 1, "not indexed"));
        assertThat(node.refused(SearchRequest.builder("logs-3")).reason())
                .isEqualTo(Reason.NOT_INDEXED);
        assertThat(node.refused(SearchRequest.builder("nothing*")).reason())
                .isEqualTo(Reason.UNKNOWN_TOPIC);
        assertThat(node.refused(SearchRequest.builder("logs,absent")).reason())
                .isEqualTo(Reason.UNKNOWN_TOPIC);
        assertThat(node.refused(SearchRequest.builder("*a*b*c*d*")).reason())
                .isEqualTo(Reason.INVALID_PARAMETER);
    }

    @Test
    void aCursorBelongsToItsSearch() throws Exception {
        node.append(topic, 0, "a", "a", "a");
        node.live.refresh();
        String cursor = node.search.search(query("a").limit(1).build()).cursor().orElseThrow();

        assertThat(node.find(query("a").limit(1).cursor(cursor))).containsExactly("a");
        assertThat(node.refused(query("b").cursor(cursor)).parameter()).hasValue("cursor");
        assertThat(node.refused(query("a").cursor(cursor + "A")).parameter()).hasValue("cursor");
        assertThat(node.refused(query("a").cursor("nonsense")).parameter()).hasValue("cursor");
        String flipped = (cursor.charAt(0) == 'A' ? "B" : "A") + cursor.substring(1);
        assertThat(node.refused(query("a").cursor(flipped)).parameter()).hasValue("cursor");
    }

    @Test
    void whatIsNotAllowedNamesTheParameter() {
        assertThat(node.refused(query("a").limit(0)).parameter()).hasValue("limit");
        assertThat(node.refused(query("a").limit(1_001)).parameter()).hasValue("limit");
        assertThat(node.refused(query("a").timeout(Duration.ofHours(1))).parameter())
                .hasValue("timeout_ms");
        assertThat(node.refused(query("a").partitions(Set.of(2))).reason())
                .isEqualTo(Reason.UNKNOWN_PARTITION);
        assertThat(node.refused(query("offset:x")).position()).hasValue(0);
        assertThat(node.refused(query("a timestamp:>yesterday")).position()).hasValue(2);
        assertThat(node.refused(query("=> ...")).parameter()).hasValue("q");
        assertThat(node.refused(query("/a(b/")).parameter()).hasValue("q");
        assertThat(node.refused(query("/[a-z]{1,200}x{300}(a|b){50,80}/")).parameter())
                .hasValue("q");
    }
}
