package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.archive.CachedTars;
import io.annals.indexer.LocalRetention;
import io.annals.query.http.HttpConfig;
import io.annals.query.http.HttpServer;
import io.annals.query.http.SegmentListing;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `GET /v1/segments` of a [TestNode], page by page.
final class SegmentPages implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpServer server;

    SegmentPages(TestNode node) throws IOException {
        LocalRetention kept =
                new LocalRetention(
                        node.wal,
                        node.registry,
                        node.clock,
                        new LocalRetention.Settings(Map::of, 1L << 30, 0),
                        () -> 1L << 30);
        CachedTars reads = new CachedTars(node.store, 1 << 20, 1 << 20);
        server =
                HttpServer.builder(
                                new HttpConfig(
                                        "127.0.0.1", 0, 1, 100, 16 << 10, Duration.ofSeconds(1)))
                        .log(
                                node.registry,
                                node.log,
                                Optional.of(new SegmentListing.Local(node.wal, kept, reads)))
                        .start();
    }

    HttpResponse<String> get(String query) throws Exception {
        URI uri = URI.create("http://127.0.0.1:%d/v1/segments%s".formatted(server.port(), query));
        return client.send(
                HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode page(String query) throws Exception {
        HttpResponse<String> response = get(query);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    void assertProblem(int status, String parameter, String query) throws Exception {
        HttpResponse<String> response = get(query);
        assertThat(response.statusCode()).as(query + response.body()).isEqualTo(status);
        assertThat(JSON.readTree(response.body()).path("parameter").asText()).isEqualTo(parameter);
    }

    /// From the page that `query` asks for to the last one.
    List<JsonNode> pages(String query) throws Exception {
        return pagesAfter(page(query), query);
    }

    /// That page, which was asked for like this, and all behind it.
    List<JsonNode> pagesAfter(JsonNode page, String query) throws Exception {
        List<JsonNode> pages = new ArrayList<>(List.of(page));
        while (!pages.getLast().path("cursor").isNull()) {
            pages.add(page(query + "&cursor=" + pages.getLast().path("cursor").asText()));
        }
        return pages;
    }

    static List<JsonNode> hot(List<JsonNode> pages) {
        List<JsonNode> segments = new ArrayList<>();
        pages.forEach(page -> page.path("hot").path("segments").forEach(segments::add));
        return segments;
    }

    static List<JsonNode> warm(List<JsonNode> pages) {
        List<JsonNode> segments = new ArrayList<>();
        pages.forEach(page -> page.path("segments").forEach(segments::add));
        return segments;
    }

    static List<String> ids(List<JsonNode> segments) {
        return segments.stream().map(segment -> segment.path("id").asText()).toList();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
