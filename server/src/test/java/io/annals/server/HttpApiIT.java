package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The fixed HTTP contract, over a log that is partly archived and partly hot.
class HttpApiIT {
    private static final String TOPIC = "payments";
    private static final long FIRST_TIMESTAMP_MS = 1_700_000_000_000L;
    private static final int ARCHIVED = 300;
    private static final int HOT = 100;

    @TempDir static Path folder;
    private static AnnalsProcess server;
    private static Http http;

    /// Ingest times before this belong to the archived records, later ones to the hot records.
    private static long borderMs;

    private static long generationOfArchive;

    @BeforeAll
    static void start() throws Exception {
        server = AnnalsProcess.start(folder, "num.partitions=2", "log.roll.ms=600000");
        http = new Http(server);
        produce(0, ARCHIVED);
        http.seal();
        generationOfArchive =
                http.search(TOPIC, "*", "require_complete=true")
                        .path("coverage")
                        .path("generation")
                        .asLong();
        Thread.sleep(20);
        borderMs = Math.max(lastIngestTime(0), lastIngestTime(1)) + 1;
        Thread.sleep(20);
        produce(ARCHIVED, HOT);
    }

    @AfterAll
    static void stop() {
        http.close();
        server.close();
    }

    @Test
    void aSearchFindsHotAndArchivedRecordsWithTheirCoverage() throws Exception {
        JsonNode answer = search("status:paid AND amount:>=0", "limit=3");

        assertThat(answer.path("total").path("value").asLong()).isEqualTo((ARCHIVED + HOT) / 2);
        assertThat(answer.path("total").path("relation").asText()).isEqualTo("eq");
        assertThat(answer.path("hits")).hasSize(3);
        JsonNode newest = answer.path("hits").get(0);
        assertThat(newest.path("topic").asText()).isEqualTo(TOPIC);
        assertThat(newest.path("timestamp").isMissingNode()).isFalse();
        assertThat(newest.path("key").asText()).startsWith("customer-");
        assertThat(newest.path("value").asText()).contains("paid");
        assertThat(newest.path("headers").isMissingNode()).isFalse();
        JsonNode coverage = answer.path("coverage");
        assertThat(coverage.path("generation").asLong())
                .isGreaterThanOrEqualTo(generationOfArchive);
        assertThat(coverage.path("partitions")).hasSize(2);
        assertThat(coverage.path("complete").asBoolean()).isTrue();
    }

    @Test
    void pagesByCursorCoverEveryHitOnce() throws Exception {
        Set<String> seen = new HashSet<>();
        String cursor = "";
        int pages = 0;
        do {
            JsonNode answer =
                    search(
                            "msg:payment",
                            "limit=70&order=oldest"
                                    + (cursor.isEmpty() ? "" : "&cursor=" + cursor));
            for (JsonNode hit : answer.path("hits")) {
                assertThat(seen.add(hit.path("partition") + ":" + hit.path("offset"))).isTrue();
            }
            cursor = Http.encode(answer.path("cursor").asText(""));
            pages++;
        } while (!cursor.isEmpty() && !cursor.equals("null") && pages < 20);

        assertThat(seen).hasSize(ARCHIVED + HOT);
    }

    @Test
    void asOfAnIngestTimeNothingLaterExists() throws Exception {
        JsonNode then = search("msg:payment", "as_of=" + borderMs);
        JsonNode thenIso = search("msg:payment", "as_of=" + Instant.ofEpochMilli(borderMs));

        assertThat(then.path("total").path("value").asLong()).isEqualTo(ARCHIVED);
        assertThat(thenIso.path("total").path("value").asLong()).isEqualTo(ARCHIVED);
    }

    @Test
    void aGenerationAnswersWhatItAnsweredThen() throws Exception {
        JsonNode then = search("msg:payment", "generation=" + generationOfArchive);

        assertThat(then.path("total").path("value").asLong()).isEqualTo(ARCHIVED);
        assertThat(then.path("coverage").path("generation").asLong())
                .isEqualTo(generationOfArchive);
    }

    @Test
    void aWindowOfEventTimeIsHalfOpen() throws Exception {
        JsonNode window =
                search(
                        "msg:payment",
                        "from=%d&to=%d"
                                .formatted(FIRST_TIMESTAMP_MS + 10, FIRST_TIMESTAMP_MS + 20));

        assertThat(window.path("total").path("value").asLong()).isEqualTo(10);
    }

    @Test
    void recordsAreReadByOffsetFromBothTiersAndAsOf() throws Exception {
        String path = "/v1/topics/" + TOPIC + "/partitions/0/records?offset=%d&max=%d%s";
        int half = (ARCHIVED + HOT) / 2;

        List<Long> all = new ArrayList<>();
        while (all.size() < half) {
            JsonNode page = http.get(path.formatted(all.size(), 60, ""));
            assertThat(page.path("records")).isNotEmpty();
            page.path("records").forEach(record -> all.add(record.path("offset").asLong()));
        }
        JsonNode then = http.get(path.formatted(ARCHIVED / 2 - 5, 100, "&as_of=" + borderMs));

        for (int i = 0; i < half; i++) {
            assertThat(all.get(i)).isEqualTo(i);
        }
        assertThat(then.path("records")).hasSize(5);
    }

    @Test
    void theLatestValueOfAKeyIsKnownNowAndAsOf() throws Exception {
        JsonNode now = http.get("/v1/topics/" + TOPIC + "/latest?key=customer-7");
        JsonNode then =
                http.get("/v1/topics/" + TOPIC + "/latest?key=customer-7&as_of=" + borderMs);
        HttpResponse<String> nobody =
                http.send("GET", "/v1/topics/" + TOPIC + "/latest?key=nobody");

        assertThat(now.toString()).contains("\\\"n\\\":397");
        assertThat(then.toString()).contains("\\\"n\\\":297");
        assertThat(nobody.statusCode()).isEqualTo(404);
    }

    @Test
    void topicsAndSegmentsAreListed() throws Exception {
        assertThat(http.get("/v1/topics").toString()).contains("\"" + TOPIC + "\"");
        assertThat(http.get("/v1/segments?topic=" + TOPIC).toString())
                .contains("segments/")
                .contains(".tar.gz");
    }

    @Test
    void badRequestsGetAProblemThatNamesWhatIsAllowed() throws Exception {
        for (String path :
                List.of(
                        "/v1/topics/payments/search?q=a&limit=1001",
                        "/v1/topics/payments/search?q=a&limit=x",
                        "/v1/topics/payments/search?q=" + Http.encode("(unclosed"),
                        "/v1/topics/payments/search?q=a&order=sideways",
                        "/v1/topics/payments/search?q=a&from=yesterday",
                        "/v1/topics/payments/search?q=" + "a+OR+".repeat(5_000) + "a",
                        "/v1/topics/payments/search?q="
                                + Http.encode("(".repeat(500) + "a" + ")".repeat(500)))) {
            HttpResponse<String> answer = http.send("GET", path);

            assertThat(answer.statusCode()).describedAs(path).isBetween(400, 414);
            assertThat(answer.headers().firstValue("content-type").orElse(""))
                    .describedAs(path)
                    .startsWith("application/problem+json");
            assertThat(Http.parse(answer).path("detail").asText()).isNotEmpty();
        }
        assertThat(http.send("GET", "/v1/topics/unknown/search?q=a").statusCode()).isEqualTo(404);
        assertThat(http.send("GET", "/v1/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void healthIsReadyAndMetricsCountWhatHappened() throws Exception {
        assertThat(http.send("GET", "/health/live").statusCode()).isEqualTo(200);
        assertThat(http.send("GET", "/health/ready").statusCode()).isEqualTo(200);

        String metrics = http.send("GET", "/metrics").body();

        assertThat(metrics)
                .contains("annals_requests_seconds_count{api=\"Produce\"}")
                .contains("annals_wal_used_bytes")
                .contains("annals_wal_fsync_seconds_count")
                .contains("annals_search_splits_total{outcome=\"searched\"}")
                .contains("annals_registry_generation")
                .contains("jvm_memory_used_bytes");
    }

    @Test
    void theCommandLineShowsTheSame() throws Exception {
        AnnalsProcess.Finished search =
                cli("search", TOPIC, "_key:customer-7", "--limit", "2", "--server", server.http());
        AnnalsProcess.Finished json =
                cli("search", TOPIC, "paid", "--json", "--server", server.http());
        AnnalsProcess.Finished records =
                cli("records", TOPIC, "--offset", "0", "--max", "2", "--server", server.http());
        AnnalsProcess.Finished latest =
                cli("latest", TOPIC, "customer-7", "--server", server.http());
        AnnalsProcess.Finished segments = cli("segments", TOPIC, "--server", server.http());
        AnnalsProcess.Finished list = cli("topics", "list", "--bootstrap-server", server.kafka());
        AnnalsProcess.Finished describe =
                cli("topics", "describe", TOPIC, "--bootstrap-server", server.kafka());

        assertThat(search.stdout()).contains("customer-7").contains("found, generation");
        assertThat(json.stdout()).startsWith("{").contains("\"coverage\"");
        assertThat(records.stdout()).contains("customer-");
        assertThat(latest.stdout()).contains("\"n\":397");
        assertThat(segments.stdout()).contains("segments/");
        assertThat(list.stdout()).contains(TOPIC);
        assertThat(describe.stdout()).contains("200").contains("max.message.bytes");
    }

    private static AnnalsProcess.Finished cli(String... arguments) throws Exception {
        AnnalsProcess.Finished finished = AnnalsProcess.run(arguments);
        assertThat(finished.exitCode()).describedAs(finished.stderr()).isZero();
        return finished;
    }

    /// A search that sees all that was produced.
    private static JsonNode search(String query, String parameters) throws Exception {
        boolean pinned = parameters.contains("generation=");
        return http.search(TOPIC, query, parameters + (pinned ? "" : "&require_complete=true"));
    }

    private static long lastIngestTime(int partition) throws Exception {
        JsonNode records =
                http.get(
                        "/v1/topics/%s/partitions/%d/records?offset=%d&max=1"
                                .formatted(TOPIC, partition, ARCHIVED / 2 - 1));
        JsonNode time = records.path("records").get(0).path("ingest_time");
        return time.isNumber() ? time.asLong() : Instant.parse(time.asText()).toEpochMilli();
    }

    /// Records `[from, from + count)`: partition by parity, key by the last digit.
    private static void produce(int from, int count) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of("compression.type", "lz4"))) {
            for (int n = from; n < from + count; n++) {
                String value =
                        "{\"n\":%d,\"status\":\"%s\",\"amount\":%d.5,\"msg\":\"payment of customer\"}"
                                .formatted(n, n / 2 % 2 == 0 ? "paid" : "open", n);
                ProducerRecord<byte[], byte[]> record =
                        new ProducerRecord<>(
                                TOPIC,
                                n % 2,
                                FIRST_TIMESTAMP_MS + n,
                                ("customer-" + n % 10).getBytes(StandardCharsets.UTF_8),
                                value.getBytes(StandardCharsets.UTF_8));
                record.headers().add("trace", ("t" + n).getBytes(StandardCharsets.UTF_8));
                producer.send(record);
            }
        }
    }
}
