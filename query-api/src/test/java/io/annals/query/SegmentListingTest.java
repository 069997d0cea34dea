package io.annals.query;

import static io.annals.query.SegmentPages.hot;
import static io.annals.query.SegmentPages.ids;
import static io.annals.query.SegmentPages.warm;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.archive.ObjectRegistryStore;
import io.annals.registry.KeptGenerations;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Pages of a listing of segments, while segments come and go. All tests share one node, and look
/// at what is there when they begin.
class SegmentListingTest {
    @TempDir static Path folder;

    private static TestNode node;
    private static TopicMetadata ants;
    private static SegmentPages listing;

    /// Three times both topics into the archive, then four times into sealed WAL segments.
    @BeforeAll
    static void fill() throws IOException {
        node = new TestNode(folder);
        listing = new SegmentPages(node);
        TopicMetadata zebras = topic("zebras");
        ants = topic("ants");
        topic("empty");
        for (int i = 0; i < 7; i++) {
            node.append(zebras, 0, "a" + i);
            node.append(ants, 1, "b" + i);
            if (i < 3) {
                node.archive();
            } else {
                node.wal.sealNow();
            }
        }
    }

    @AfterAll
    static void stop() throws IOException {
        listing.close();
        node.close();
    }

    private static TopicMetadata topic(String name) throws IOException {
        return node.createTopic(name, 2, Map.of());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void everySegmentIsOnExactlyOnePage(int limit) throws Exception {
        JsonNode all = listing.page("");

        List<JsonNode> pages = listing.pages("?limit=" + limit);

        assertThat(all.path("cursor").isNull()).isTrue();
        assertThat(ids(hot(List.of(all)))).hasSizeGreaterThan(2).isSorted();
        assertThat(hot(pages)).isEqualTo(hot(List.of(all)));
        assertThat(warm(pages)).isEqualTo(warm(List.of(all)));
        assertThat(ids(warm(pages))).hasSizeGreaterThanOrEqualTo(12).doesNotHaveDuplicates();
        assertThat(warm(pages)).extracting(one -> one.path("topic").asText()).isSorted();
        assertThat(warm(pages))
                .extracting(one -> one.path("topic").asText() + " " + one.path("kind").asText())
                .containsSubsequence("ants records", "ants index", "zebras records", "zebras index")
                .endsWith("zebras index", "zebras index", "zebras index");
        int segments = hot(pages).size() + warm(pages).size();
        assertThat(pages).hasSize((segments + limit - 1) / limit);
        assertThat(pages)
                .allSatisfy(page -> {
                    assertThat(hot(List.of(page)).size() + warm(List.of(page)).size())
                            .isBetween(1, limit);
                    assertThat(page.path("generation")).isEqualTo(all.path("generation"));
                    assertThat(page.path("hot").path("used_bytes").asLong()).isPositive();
                    assertThat(page.path("requests").isObject()).isTrue();
                });
    }

    @Test
    void theSegmentsOfOneTopicAreListedAlone() throws Exception {
        List<JsonNode> pages = listing.pages("?topic=ants&limit=2");

        assertThat(warm(pages)).hasSizeGreaterThanOrEqualTo(6);
        assertThat(warm(pages)).allMatch(segment -> segment.path("topic").asText().equals("ants"));
        List<JsonNode> ranges = new ArrayList<>();
        hot(pages).forEach(segment -> segment.path("ranges").forEach(ranges::add));
        assertThat(ranges).isNotEmpty();
        assertThat(ranges).allMatch(range -> range.path("topic").asText().equals("ants"));
    }

    @Test
    void whatIsNoPageIsRefused() throws Exception {
        String cursor = listing.page("?limit=1").path("cursor").asText();
        for (String limit : List.of("0", "1001", "x", "-1", "")) {
            listing.assertProblem(400, "limit", "?limit=" + limit);
        }
        String damaged = (cursor.startsWith("A") ? "B" : "A") + cursor.substring(1);
        for (String wrong :
                List.of("abc", "*", "AQ", damaged, cursor.substring(1), cursor + "AA")) {
            listing.assertProblem(400, "cursor", "?cursor=" + wrong);
        }
        listing.assertProblem(400, "cursor", "?topic=ants&cursor=" + cursor);
        listing.assertProblem(400, "cursor", "?cursor=" + cursor + "&cursor=" + cursor);
        listing.assertProblem(404, "topic", "?topic=absent");
        String search =
                node.search
                        .search(SearchRequest.builder("ants").query("").limit(1).build())
                        .cursor()
                        .orElseThrow();
        listing.assertProblem(400, "cursor", "?cursor=" + search);
    }

    @Test
    void aListingWhoseGenerationIsSweptIsGone() throws Exception {
        String cursor = listing.page("?limit=1").path("cursor").asText();
        for (int i = 0; i < 250; i++) { // two checkpoints, and out of the cache
            topic("topic-" + i);
        }
        new KeptGenerations(new ObjectRegistryStore(node.store)).forgetBefore(Long.MAX_VALUE);

        listing.assertProblem(410, "cursor", "?cursor=" + cursor);
    }

    @Test
    void commitsBetweenPagesDoNotChangeTheListing() throws Exception {
        JsonNode all = listing.page("?topic=ants");
        String query = "?topic=ants&limit=" + (hot(List.of(all)).size() + 2);
        JsonNode first = listing.page(query);

        node.append(ants, 0, "new");
        node.archiver.archive();
        String old = ids(warm(List.of(all))).getFirst();
        node.registry.commit(_ ->
                Optional.of(
                        new RegistryChange(
                                List.of(), List.of(), List.of(old), List.of(), List.of())));

        List<JsonNode> pages = listing.pagesAfter(first, query);
        assertThat(pages).hasSizeGreaterThan(1);
        assertThat(warm(pages)).isEqualTo(warm(List.of(all)));
        JsonNode now = listing.page("?topic=ants");
        assertThat(ids(warm(List.of(now)))).isNotEmpty().doesNotContain(old);
        assertThat(now.path("generation").asLong())
                .isGreaterThan(pages.getLast().path("generation").asLong());
    }

    @Test
    void walSegmentsThatGoBetweenPagesHideNoOthers() throws Exception {
        node.append(ants, 0, "c");
        node.append(ants, 1, "d");
        node.wal.sealNow();
        List<String> before = ids(hot(List.of(listing.page(""))));
        JsonNode first = listing.page("?limit=1");
        node.wal.release(
                node.wal.sealedSegments().stream()
                        .filter(segment -> segment.id().equals(before.getFirst()))
                        .findFirst()
                        .orElseThrow());

        List<JsonNode> pages = listing.pagesAfter(first, "?limit=1");

        assertThat(ids(hot(pages))).isEqualTo(before);
        assertThat(ids(hot(List.of(listing.page(""))))).isEqualTo(before.subList(1, before.size()));
    }
}
