package io.annals.query;

import static io.annals.query.SegmentPages.hot;
import static io.annals.query.SegmentPages.ids;
import static io.annals.query.SegmentPages.warm;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Listings of very many segments, and of segments that are larger than a page. All tests share one
/// node, and look at one topic each.
class LargeSegmentListingTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> NOT_INDEXED = Map.of("annals.index.enable", "false");

    /// What a page may have of ranges and names.
    private static final int PAGE_ENTRIES = 5_000;

    @TempDir static Path folder;

    private static TestNode node;
    private static SegmentPages listing;

    @BeforeAll
    static void start() throws IOException {
        node = new TestNode(folder);
        listing = new SegmentPages(node);
    }

    @AfterAll
    static void stop() throws IOException {
        listing.close();
        node.close();
    }

    @Test
    void aWalSegmentOfMoreRangesThanAPageHoldsGoesOnOnTheNextPage() throws Exception {
        int partitions = 2 * PAGE_ENTRIES + 2_000; // half of them in each of two shards
        TopicMetadata wide = node.createTopic("hot", partitions, NOT_INDEXED);
        for (int partition = 0; partition < partitions; partition++) {
            node.append(wide, partition, "a");
        }
        node.wal.sealNow();

        List<JsonNode> pages = listing.pages("?topic=hot");

        List<JsonNode> parts = hot(pages);
        assertThat(pages)
                .hasSize(3)
                .allSatisfy(page -> {
                    int ranges = 0;
                    for (JsonNode part : hot(List.of(page))) {
                        ranges += part.path("ranges").size();
                    }
                    assertThat(ranges).isBetween(1, PAGE_ENTRIES);
                });
        assertThat(parts)
                .extracting(part -> part.path("continued").asBoolean())
                .containsExactly(false, true, false, true);
        List<String> ranges = new ArrayList<>();
        for (JsonNode part : parts) {
            for (JsonNode range : part.path("ranges")) {
                ranges.add(part.path("id").asText() + " " + range.path("partition").asText());
            }
        }
        assertThat(ranges).hasSize(partitions).doesNotHaveDuplicates();
    }

    @Test
    void pagesOfAnArchiveOfManySegmentsStayTheSameSize() throws Exception {
        TopicMetadata topic = node.createTopic("many", 1, NOT_INDEXED);
        List<RecordSegment> segments =
                IntStream.range(0, 20_000).mapToObj(i -> segment(topic, i, 1)).toList();
        node.registry.commit(_ -> Optional.of(RegistryChange.ofArchived(segments, List.of())));

        List<JsonNode> pages = new ArrayList<>();
        String query = "?topic=many";
        do {
            String body = listing.get(query).body();
            assertThat(body).hasSizeLessThan(600_000);
            pages.add(JSON.readTree(body));
            query = "?topic=many&cursor=" + pages.getLast().path("cursor").asText();
        } while (!pages.getLast().path("cursor").isNull());

        assertThat(pages).hasSizeBetween(20, 21); // WAL segments of other tests count too
        assertThat(ids(warm(pages))).isEqualTo(segments.stream().map(RecordSegment::id).toList());
    }

    @Test
    void anObjectOfMoreEntriesThanAPageHoldsGoesOnOnTheNextPage() throws Exception {
        TopicMetadata topic = node.createTopic("wide", 3_000, NOT_INDEXED);
        List<RecordSegment> segments =
                IntStream.range(0, 4_000)
                        .mapToObj(i -> segment(topic, i, i == 0 ? 3_000 : 1))
                        .toList();
        List<String> names = segments.stream().map(RecordSegment::id).toList();
        IndexSplit split =
                new IndexSplit(
                        "wide-split",
                        topic.id(),
                        object(ObjectKeys.split(topic.id(), "wide-split")),
                        names,
                        segments.getFirst().ranges(),
                        1);
        node.registry.commit(_ -> Optional.of(RegistryChange.ofArchived(segments, List.of(split))));

        List<JsonNode> parts = new ArrayList<>(warm(listing.pages("?topic=wide")));

        parts.removeIf(part -> !part.path("kind").asText().equals("index"));
        assertThat(parts).hasSizeGreaterThan(1);
        List<String> listed = new ArrayList<>();
        int ranges = 0;
        for (JsonNode part : parts) {
            assertThat(part.path("continued").asBoolean())
                    .isEqualTo(!part.equals(parts.getFirst()));
            assertThat(part.path("ranges").size() + part.path("record_segments").size())
                    .isLessThanOrEqualTo(PAGE_ENTRIES);
            part.path("record_segments").forEach(name -> listed.add(name.asText()));
            ranges += part.path("ranges").size();
        }
        assertThat(listed).isEqualTo(names);
        assertThat(ranges).isEqualTo(3_000);
    }

    private static RecordSegment segment(TopicMetadata topic, int number, int partitions) {
        String id = "%s-%05d".formatted(topic.name(), number);
        return new RecordSegment(
                id,
                topic.id(),
                object(ObjectKeys.recordSegment(topic.id(), id)),
                IntStream.range(0, partitions)
                        .mapToObj(p -> new PartitionRange(p, number, number + 1, 1, 70, 1, 1, 1, 1))
                        .toList(),
                List.of("wal-" + number));
    }

    private static ArchiveObject object(String key) {
        return new ArchiveObject(key, 1_000, 900, "0".repeat(64));
    }
}
