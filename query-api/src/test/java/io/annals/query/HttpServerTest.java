package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.query.http.Answer;
import io.annals.query.http.HttpConfig;
import io.annals.query.http.HttpServer;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;

    private final CountDownLatch sealing = new CountDownLatch(1);
    private final CountDownLatch mayRead = new CountDownLatch(1);
    private TestNode node;
    private TopicMetadata topic;
    private HttpServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(folder);
        topic = node.createTopic("logs", 2, Map.of());
        server = builder(0).start();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private HttpServer.Builder builder(int port) {
        HttpConfig config =
                new HttpConfig("127.0.0.1", port, 1, 100, 16 << 10, Duration.ofSeconds(1));
        return HttpServer.builder(config)
                .search(node.search)
                .latest(node.latest)
                .log(node.registry, node.log)
                .sealer(
                        () -> {
                            sealing.countDown();
                            node.archive();
                        },
                        node.registry)
                .status(
                        "/health/live",
                        _ -> new Answer(200, "text/plain; charset=utf-8", new byte[] {'o', 'k'}));
    }

    @AfterEach
    void stop() throws Exception {
        mayRead.countDown();
        client.close();
        server.close();
        node.close();
    }

    private HttpResponse<String> send(String method, String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode ok(String path) throws Exception {
        HttpResponse<String> response = send("GET", path);
        assertThat(response.body()).as(path).isNotEmpty();
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type"))
                .hasValue("application/json; charset=utf-8");
        return JSON.readTree(response.body());
    }

    private JsonNode problem(int status, String path) throws Exception {
        HttpResponse<String> response = send("GET", path);
        assertThat(response.statusCode()).as(path + response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type"))
                .hasValueSatisfying(
                        type -> assertThat(type).startsWith("application/problem+json"));
        JsonNode problem = JSON.readTree(response.body());
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("type").asText()).startsWith("urn:annals:problem:");
        assertThat(problem.path("title").asText()).isNotEmpty();
        assertThat(problem.path("detail").asText()).isNotEmpty();
        return problem;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void aSearchAnswersHitsTotalCoverageAndCursor() throws Exception {
        Header[] headers = {
            new RecordHeader("host", TestNode.bytes("web-1")),
            new RecordHeader("host", new byte[] {(byte) 0xfe})
        };
        byte[] binary = {(byte) 0xff, 0, 'x'};
        node.append(
                topic,
                1,
                List.of(
                        new SimpleRecord(
                                1_000,
                                TestNode.bytes("k1"),
                                TestNode.bytes("{\"level\":\"ERROR\"}"),
                                headers),
                        new SimpleRecord(2_000, binary, null),
                        new SimpleRecord(3_000, null, TestNode.bytes("plain error"))));
        node.live.refresh();

        JsonNode found =
                ok("/v1/topics/logs/search?q=" + encoded("level:ERROR AND key:k1") + "&limit=5");

        JsonNode hit = found.path("hits").path(0);
        assertThat(found.path("hits")).hasSize(1);
        assertThat(hit.path("topic").asText()).isEqualTo("logs");
        assertThat(hit.path("partition").asInt()).isEqualTo(1);
        assertThat(hit.path("offset").asLong()).isZero();
        assertThat(hit.path("timestamp").asLong()).isEqualTo(1_000);
        assertThat(hit.path("ingest_time").asLong()).isEqualTo(node.clock.millis());
        assertThat(hit.path("key").asText()).isEqualTo("k1");
        assertThat(hit.path("value").asText()).isEqualTo("{\"level\":\"ERROR\"}");
        assertThat(hit.path("headers").toString())
                .isEqualTo(
                        "[{\"key\":\"host\",\"value\":\"web-1\"},"
                                + "{\"key\":\"host\",\"value\":\"/g==\",\"value_encoding\":\"base64\"}]");
        assertThat(hit.path("score").isNull()).isTrue();
        assertThat(hit.path("highlight").path("key").path(0).asText()).isEqualTo("<em>k1</em>");
        assertThat(found.path("total").toString()).isEqualTo("{\"value\":1,\"relation\":\"eq\"}");
        JsonNode coverage = found.path("coverage");
        assertThat(coverage.path("generation").asLong())
                .isEqualTo(node.registry.snapshot().generation());
        assertThat(coverage.path("partitions").path(1).toString())
                .isEqualTo(
                        "{\"topic\":\"logs\",\"partition\":1,\"from\":0,\"to\":3,\"high_watermark\":3}");
        assertThat(coverage.path("splits").toString())
                .isEqualTo("{\"searched\":0,\"pruned\":0,\"failed\":0}");
        assertThat(coverage.path("complete").asBoolean()).isTrue();
        assertThat(coverage.path("holes")).isEmpty();
        assertThat(coverage.path("took_ms").isNumber()).isTrue();
        assertThat(found.path("cursor").isNull()).isTrue();

        JsonNode all = ok("/v1/topics/logs/search?limit=2&order=oldest");
        assertThat(all.path("hits").path(1).path("key").asText()).isEqualTo("/wB4");
        assertThat(all.path("hits").path(1).path("key_encoding").asText()).isEqualTo("base64");
        assertThat(all.path("hits").path(1).path("value").isNull()).isTrue();
        JsonNode next =
                ok(
                        "/v1/topics/logs/search?limit=2&order=oldest&cursor="
                                + all.path("cursor").asText());
        assertThat(next.path("hits").path(0).path("value").asText()).isEqualTo("plain error");
        assertThat(next.path("total").path("value").asLong()).isEqualTo(3);
        assertThat(
                        ok("/v1/topics/lo*/search?from=1970-01-01T00:00:02Z&to=3000&partition=0,1"
                                        + "&min_offset=1:2&require_complete&timeout_ms=5000&order=score"
                                        + "&as_of="
                                        + node.clock.millis())
                                .path("total")
                                .path("value")
                                .asLong())
                .isEqualTo(1);
    }

    @Test
    void searchErrorsAreProblemDetails() throws Exception {
        String search = "/v1/topics/logs/search?";
        assertThat(problem(400, search + "query=a").path("detail").asText())
                .contains("no parameter 'query', allowed are as_of, cursor,");
        assertThat(problem(400, search + "q=" + encoded("a AND")).path("position").asInt())
                .isEqualTo(5);
        assertThat(problem(400, search + "limit=1001").path("parameter").asText())
                .isEqualTo("limit");
        assertThat(problem(400, search + "limit=1&limit=2").path("parameter").asText())
                .isEqualTo("limit");
        assertThat(problem(400, search + "from=yesterday").path("detail").asText())
                .contains("ISO-8601");
        for (String wrong :
                List.of(
                        "order=best",
                        "partition=x",
                        "partition=-1",
                        "min_offset=5",
                        "min_offset=0:x",
                        "require_complete=maybe",
                        "timeout_ms=999999999",
                        "cursor=abc",
                        "generation=-1",
                        "to=x",
                        "as_of=x")) {
            assertThat(problem(400, search + wrong).path("parameter").asText())
                    .isEqualTo(wrong.substring(0, wrong.indexOf('=')));
        }
        assertThat(problem(404, search + "partition=9").path("type").asText())
                .isEqualTo("urn:annals:problem:unknown-partition");
        problem(404, "/v1/topics/absent/search");
        problem(410, search + "generation=4711");
        problem(503, search + "min_offset=0:10&timeout_ms=50");
        node.createTopic("silent", 1, Map.of("annals.index.enable", "false"));
        problem(409, "/v1/topics/silent/search");
        node.append(topic, 0, "a");
        node.archive();
        node.store.delete(node.registry.snapshot().splits(topic.id()).getFirst().object().key());
        JsonNode incomplete = problem(503, search + "q=a&require_complete=true");
        assertThat(incomplete.path("holes").path(0).path("to").asLong()).isEqualTo(1);
    }

    @Test
    void recordsAreReadByOffsetAndAsOfATime() throws Exception {
        node.append(topic, 0, "a", "b");
        long then = node.clock.millis();
        node.archive();
        node.clock.advance(1_000);
        node.append(topic, 0, "c");

        JsonNode all = ok("/v1/topics/logs/partitions/0/records");
        JsonNode one = ok("/v1/topics/logs/partitions/0/records?offset=1&max=1");
        JsonNode asOf = ok("/v1/topics/logs/partitions/0/records?as_of=" + then);

        assertThat(all.path("records")).hasSize(3);
        assertThat(all.path("next_offset").asLong()).isEqualTo(3);
        assertThat(all.path("end").asBoolean()).isTrue();
        assertThat(all.path("high_watermark").asLong()).isEqualTo(3);
        assertThat(one.path("records").path(0).path("value").asText()).isEqualTo("b");
        assertThat(one.path("end").asBoolean()).isFalse();
        assertThat(asOf.path("records")).hasSize(2);
        assertThat(asOf.path("next_offset").asLong()).isEqualTo(2);
        assertThat(asOf.path("end").asBoolean()).isTrue();

        problem(416, "/v1/topics/logs/partitions/0/records?offset=9");
        problem(404, "/v1/topics/logs/partitions/2/records");
        problem(404, "/v1/topics/absent/partitions/0/records");
        problem(400, "/v1/topics/logs/partitions/x/records");
        problem(400, "/v1/topics/logs/partitions/0/records?max=0");
        problem(400, "/v1/topics/logs/partitions/0/records?limit=1");
    }

    @Test
    void theLatestValueOfAKeyIsFoundByTextAndByBytes() throws Exception {
        node.append(
                topic,
                0,
                List.of(
                        node.record("a", "1"),
                        node.record("a", null),
                        new SimpleRecord(5, new byte[] {(byte) 0xff}, TestNode.bytes("bin"))));

        JsonNode deleted = ok("/v1/topics/logs/latest?key=a");
        JsonNode binary = ok("/v1/topics/logs/latest?key_base64=_w");

        assertThat(deleted.path("deleted").asBoolean()).isTrue();
        assertThat(deleted.path("offset").asLong()).isEqualTo(1);
        assertThat(binary.path("value").asText()).isEqualTo("bin");
        assertThat(binary.path("deleted").asBoolean()).isFalse();
        problem(404, "/v1/topics/logs/latest?key=b");
        problem(404, "/v1/topics/logs/latest?key=a&as_of=0");
        problem(404, "/v1/topics/absent/latest?key=a");
        problem(400, "/v1/topics/logs/latest");
        problem(400, "/v1/topics/logs/latest?key=a&key_base64=YQ");
        problem(400, "/v1/topics/logs/latest?key_base64=*");
    }

    @Test
    void topicsAndSegmentsAreListedAndSealingArchives() throws Exception {
        node.append(topic, 1, "a", "b");

        HttpResponse<String> sealed = send("POST", "/v1/admin/seal");

        assertThat(sealed.statusCode()).isEqualTo(200);
        assertThat(sealing.getCount()).isZero();
        long generation = node.registry.snapshot().generation();
        assertThat(JSON.readTree(sealed.body()).path("generation").asLong()).isEqualTo(generation);
        JsonNode topics = ok("/v1/topics");
        assertThat(topics.path("topics").path(0).path("name").asText()).isEqualTo("logs");
        assertThat(topics.path("topics").path(0).path("partitions").path(1).toString())
                .isEqualTo(
                        "{\"partition\":1,\"log_start_offset\":0,\"high_watermark\":2,"
                                + "\"archived_end_offset\":2}");
        JsonNode segments = ok("/v1/segments?topic=logs").path("segments");
        assertThat(segments).hasSize(2);
        assertThat(segments.path(0).path("kind").asText()).isEqualTo("records");
        assertThat(segments.path(1).path("kind").asText()).isEqualTo("index");
        assertThat(segments.path(0).path("ranges").path(0).path("to").asLong()).isEqualTo(2);
        assertThat(ok("/v1/segments").path("segments")).hasSize(2);
        problem(404, "/v1/segments?topic=absent");
        problem(400, "/v1/segments?x=1");
        problem(400, "/v1/topics?x=1");
        problem(405, "/v1/admin/seal");
    }

    @Test
    void whatIsNoRouteIsAProblemToo() throws Exception {
        problem(404, "/v2/anything");
        problem(404, "/");
        assertThat(send("DELETE", "/v1/topics").statusCode()).isEqualTo(405);
        problem(414, "/v1/topics/logs/search?q=" + "a".repeat(17_000));
        assertThat(send("GET", "/health/live").body()).isEqualTo("ok");
    }

    @Test
    void moreRequestsThanAllowedAreSentAway() throws Exception {
        node.live.close(mayRead);
        CompletableFuture<HttpResponse<String>> first = sendSlowSearch();
        HttpResponse<String> second = send("GET", "/v1/topics");
        while (second.statusCode() == 200) { // until the first one has its place
            if (first.isDone()) { // sent away because of the second one
                first = sendSlowSearch();
            }
            second = send("GET", "/v1/topics");
        }

        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(second.headers().firstValue("retry-after")).hasValue("1");
        assertThat(send("GET", "/health/live").statusCode()).isEqualTo(200);
        mayRead.countDown();
        assertThat(first.get().statusCode()).isEqualTo(200);
        ok("/v1/topics");
    }

    private CompletableFuture<HttpResponse<String>> sendSlowSearch() {
        String server = "http://127.0.0.1:" + this.server.port();
        return client.sendAsync(
                HttpRequest.newBuilder(
                                URI.create(server + "/v1/topics/logs/search?require_complete"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aTakenPortIsAnErrorThatSaysSo() {
        assertThatThrownBy(() -> builder(server.port()).start())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot listen on /127.0.0.1:" + server.port());
    }
}
