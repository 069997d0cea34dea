package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A question about a time before a compaction is answered with just that, over HTTP.
class CompactedHistoryIT {
    private static final String TOPIC = "accounts";

    @TempDir Path folder;

    @Test
    void asOfATimeBeforeACompactionSaysThatHistoryWasCompacted() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder, "log.cleaner.backoff.ms=200");
                Http http = new Http(server)) {
            try (Admin admin = KafkaClients.admin(server.kafka())) {
                Map<String, String> compact =
                        Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01");
                admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1).configs(compact)))
                        .all()
                        .get();
            }
            put(server, "a", "old");
            long then = Clock.systemUTC().millis();
            Thread.sleep(5);
            assertThat(latest(http, then).statusCode()).isEqualTo(200);
            put(server, "a", "new");
            put(server, "b", "one");
            http.seal();
            for (int i = 0; i < 300 && records(http) > 2; i++) {
                Thread.sleep(100);
            }
            assertThat(records(http)).isEqualTo(2);

            assertCompacted(latest(http, then));
            assertCompacted(
                    http.send(
                            "GET",
                            "/v1/topics/accounts/partitions/0/records?offset=0&as_of=" + then));
            JsonNode marked = http.search(TOPIC, "*", "as_of=" + then);
            assertThat(marked.path("coverage").path("complete").asBoolean(true)).isFalse();
            assertThat(marked.path("coverage").toString()).contains("history was compacted");
            assertThat(
                            http.send(
                                            "GET",
                                            "/v1/topics/accounts/search?q=*&require_complete=true"
                                                    + "&as_of="
                                                    + then)
                                    .statusCode())
                    .isGreaterThanOrEqualTo(400);
            assertThat(Http.parse(latest(http, Clock.systemUTC().millis())).path("value").asText())
                    .isEqualTo("new");
        }
    }

    private static HttpResponse<String> latest(Http http, long asOf) throws Exception {
        return http.send("GET", "/v1/topics/accounts/latest?key=a&as_of=" + asOf);
    }

    private static void assertCompacted(HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).describedAs(answer.body()).isEqualTo(410);
        assertThat(Http.parse(answer).path("title").asText()).isEqualTo("History was compacted");
    }

    private static long records(Http http) throws Exception {
        long records = 0;
        for (JsonNode segment : http.get("/v1/segments?topic=" + TOPIC).path("segments")) {
            if (segment.path("kind").asText().equals("records")) {
                records += segment.path("ranges").get(0).path("records").asLong();
            }
        }
        return records;
    }

    private static void put(AnnalsProcess server, String key, String value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            producer.send(
                            new ProducerRecord<>(
                                    TOPIC,
                                    key.getBytes(StandardCharsets.UTF_8),
                                    value.getBytes(StandardCharsets.UTF_8)))
                    .get();
        }
    }
}
