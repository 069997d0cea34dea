package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A damaged and a missing archive object: typed answers to whoever needs them, everybody else goes
/// on, and `verify` names them.
class DamagedArchiveIT {
    private static final int RECORDS = 200;

    @TempDir Path folder;

    @Test
    void whoNeedsALostObjectGetsAnErrorAndTheOthersAreNotDisturbed() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder);
                Http http = new Http(server)) {
            for (String topic : List.of("damaged", "missing", "intact")) {
                produce(server, topic);
            }
            http.seal();
            produce(server, "damaged");
            server.terminate();
        }
        Path archive = folder.resolve("archive");
        assertThat(verify().exitCode()).isZero();

        try (AnnalsProcess server = AnnalsProcess.start(folder);
                Http http = new Http(server)) {
            Path damaged = segment(archive, http, "damaged");
            Path missing = segment(archive, http, "missing");
            damage(damaged);
            Files.delete(missing);

            assertFetchFails(server, "damaged");
            assertFetchFails(server, "missing");
            assertThat(Consumed.all(server.kafka(), new TopicPartition("intact", 0)))
                    .hasSize(RECORDS);
            assertThat(after(server, "damaged").remaining()).isPositive();
            assertThat(server.isAlive()).isTrue();

            JsonNode intact = http.search("intact", "payload", "require_complete=true");
            assertThat(intact.path("total").path("value").asLong()).isEqualTo(RECORDS);
            HttpResponse<String> records =
                    http.send("GET", "/v1/topics/missing/partitions/0/records?offset=0");
            assertThat(records.statusCode()).isGreaterThanOrEqualTo(500);
            assertThat(Http.parse(records).path("detail").asText())
                    .contains(missing.getFileName().toString());

            server.terminate();
            AnnalsProcess.Finished verify = verify();
            assertThat(verify.exitCode()).isEqualTo(9);
            assertThat(verify.stdout())
                    .contains(damaged.getFileName().toString())
                    .contains(missing.getFileName().toString())
                    .contains("put it back from a backup");
            JsonNode report = new ObjectMapper().readTree(verify("--format", "json").stdout());
            assertThat(report.path("problems").asInt()).isGreaterThanOrEqualTo(2);
            assertThat(report.path("bytes_per_second").asLong()).isPositive();
            assertThat(report.path("findings").findValuesAsText("kind"))
                    .contains("missing", "damaged");
            assertThat(verify("--progress", "--parallelism", "1").stderr()).contains("MiB/s");
            assertThat(verify("--parallelism", "0").exitCode()).isEqualTo(2);
        }
    }

    @Test
    void aSearchSaysWhatItCouldNotSearch() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder);
                Http http = new Http(server)) {
            produce(server, "events");
            http.seal();
            produce(server, "events");
            http.seal();
            Path splits =
                    folder.resolve("archive/splits").resolve(topicId(server, "events").toString());
            try (Stream<Path> files = Files.list(splits)) {
                Files.delete(files.sorted().findFirst().orElseThrow());
            }
            server.terminate();
        }
        try (AnnalsProcess server = AnnalsProcess.start(folder);
                Http http = new Http(server)) {
            JsonNode partial = http.search("events", "payload", "");
            assertThat(partial.path("coverage").path("complete").asBoolean(true)).isFalse();
            assertThat(partial.path("total").path("value").asLong()).isEqualTo(RECORDS);

            HttpResponse<String> complete =
                    http.send("GET", "/v1/topics/events/search?q=payload&require_complete=true");
            assertThat(complete.statusCode()).isGreaterThanOrEqualTo(500);
            assertThat(complete.headers().firstValue("content-type").orElse(""))
                    .startsWith("application/problem+json");
        }
    }

    private AnnalsProcess.Finished verify(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("verify", "--data-dir", "" + folder));
        arguments.addAll(List.of(more));
        return AnnalsProcess.run(arguments.toArray(String[]::new));
    }

    private static void produce(AnnalsProcess server, String topic) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < RECORDS; i++) {
                byte[] value = ("payload number " + i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(topic, 0, null, value));
            }
        }
    }

    private static Uuid topicId(AnnalsProcess server, String topic) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                    .map(TopicDescription::topicId)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /// The record segment that holds offset 0.
    private static Path segment(Path archive, Http http, String topic) throws Exception {
        for (JsonNode segment : http.get("/v1/segments?topic=" + topic).path("segments")) {
            if (segment.path("kind").asText().equals("records")
                    && segment.path("ranges").get(0).path("from").asLong() == 0) {
                return archive.resolve(segment.path("key").asText());
            }
        }
        throw new AssertionError("no record segment holds offset 0 of " + topic);
    }

    /// Flips bytes all over the middle of the file: whatever lies there, manifest and records.
    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        for (int at = bytes.length / 10; at < bytes.length * 6 / 10; at += 16) {
            bytes[at] = (byte) ~bytes[at];
        }
        Files.write(file, bytes);
    }

    private static void assertFetchFails(AnnalsProcess server, String topic) throws Exception {
        TopicIdPartition partition = new TopicIdPartition(topicId(server, topic), 0, topic);
        try (RawKafka raw = new RawKafka(server)) {
            assertThatThrownBy(() -> raw.fetch(partition, 0)).isInstanceOf(ApiException.class);
        }
    }

    private static ByteBuffer after(AnnalsProcess server, String topic) throws Exception {
        TopicIdPartition partition = new TopicIdPartition(topicId(server, topic), 0, topic);
        try (RawKafka raw = new RawKafka(server)) {
            return raw.fetch(partition, RECORDS);
        }
    }
}
