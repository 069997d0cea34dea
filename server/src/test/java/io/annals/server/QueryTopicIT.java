package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stock clients read queries as topics, across seals, kills and while records arrive (QUERY-1).
class QueryTopicIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long FIRST_TIMESTAMP_MS = 1_700_000_000_000L;

    @TempDir Path folder;

    @Test
    void consumersReadExactlyWhatTheQueryFindsFromBothTiers() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder);
                Http http = new Http(server)) {
            send(server, "logs", 2, 0, 300);
            http.seal();
            send(server, "logs", 2, 300, 600);
            JsonNode query = open(http, "{\"topics\":\"logs\",\"q\":\"level:error\"}");
            String topic = query.path("topic").asText();
            send(server, "logs", 2, 600, 700); // after the end of the query

            List<String> expected = errors(0, 600);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int partition = 0; partition < 2; partition++) {
                records.addAll(consumed(server, new TopicPartition(topic, partition)));
            }
            assertThat(values(records)).containsExactlyInAnyOrderElementsOf(expected);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                assertThat(header(record, "annals.source.topic")).isEqualTo("logs");
                assertThat(header(record, "annals.source.partition"))
                        .isEqualTo("" + record.partition());
                assertThat(header(record, "annals.source.offset")).isEqualTo("" + record.offset());
                assertThat(header(record, "n")).isEqualTo(number(record));
                assertThat(new String(record.key(), StandardCharsets.UTF_8))
                        .isEqualTo("k" + number(record));
                assertThat(record.timestamp())
                        .isEqualTo(FIRST_TIMESTAMP_MS + Long.parseLong(number(record)));
            }
            assertThat(kcat(server, topic)).containsExactlyInAnyOrderElementsOf(expected);
            checkTimes(server, topic);
            checkRefusals(server, topic);
            checkAsOf(server, http);
            checkCommandLine(server);
            closeByDeleting(server, http, query);
        }
    }

    private static void checkTimes(AnnalsProcess server, String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            Map<TopicPartition, OffsetAndTimestamp> all =
                    consumer.offsetsForTimes(Map.of(partition, FIRST_TIMESTAMP_MS + 1));
            OffsetAndTimestamp found = Objects.requireNonNull(all.get(partition));
            assertThat(found.timestamp()).isEqualTo(FIRST_TIMESTAMP_MS + 10);
            assertThat(found.offset()).isEqualTo(5);
            assertThat(consumer.endOffsets(List.of(partition))).containsEntry(partition, 300L);
        }
    }

    private static void checkRefusals(AnnalsProcess server, String topic) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka());
                KafkaProducer<byte[], byte[]> producer =
                        KafkaClients.producer(server.kafka(), Map.of())) {
            assertThat(admin.listTopics().names().get()).contains(topic);
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>(topic, new byte[1])).get())
                    .hasCauseInstanceOf(InvalidTopicException.class);
            assertThatThrownBy(() ->
                            admin.createTopics(
                                            List.of(
                                                    new NewTopic(
                                                            "annals.query.mine", 1, (short) 1)))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(InvalidTopicException.class);
            assertThatThrownBy(() ->
                            admin.deleteRecords(
                                            Map.of(
                                                    new TopicPartition(topic, 0),
                                                    RecordsToDelete.beforeOffset(1)))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            assertThat(admin.describeConfigs(List.of(resource)).all().get()).containsKey(resource);
            assertThatThrownBy(() ->
                            admin.incrementalAlterConfigs(
                                            Map.of(
                                                    resource,
                                                    List.of(
                                                            new AlterConfigOp(
                                                                    new ConfigEntry(
                                                                            "retention.ms", "1"),
                                                                    AlterConfigOp.OpType.SET))))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
        }
    }

    private static void checkAsOf(AnnalsProcess server, Http http) throws Exception {
        JsonNode sources = http.get("/v1/topics/logs/partitions/0/records?offset=299&max=1");
        long ingestTime = sources.path("records").get(0).path("ingest_time").asLong();
        JsonNode query =
                open(
                        http,
                        "{\"topics\":[\"logs\"],\"q\":\"level:error\",\"partition\":0,\"as_of\":%d}"
                                .formatted(ingestTime));
        assertThat(query.path("partitions")).hasSize(1);
        TopicPartition partition = new TopicPartition(query.path("topic").asText(), 0);
        assertThat(consumed(server, partition)).hasSize(60);
    }

    /// Within a window of event times, in one partition.
    private static void checkCommandLine(AnnalsProcess server) throws Exception {
        String topic =
                annals(
                                "query",
                                "open",
                                "logs",
                                "level:error",
                                "--from=" + (FIRST_TIMESTAMP_MS + 250),
                                "--to=" + (FIRST_TIMESTAMP_MS + 350),
                                "--partition=0",
                                "--server=" + server.http())
                        .strip();
        assertThat(values(consumed(server, new TopicPartition(topic, 0))))
                .isEqualTo(IntStream.range(25, 35).mapToObj(i -> value(i * 10)).toList());
        assertThat(annals("query", "list", "--server=" + server.http())).contains(topic);
        assertThat(annals("query", "close", topic, "--server=" + server.http())).contains(topic);
        assertThat(annals("query", "list", "--server=" + server.http())).doesNotContain(topic);
    }

    private static String annals(String... arguments) throws Exception {
        AnnalsProcess.Finished finished = AnnalsProcess.run(arguments);
        assertThat(finished.exitCode()).as(finished.stderr()).isZero();
        return finished.stdout();
    }

    private static void closeByDeleting(AnnalsProcess server, Http http, JsonNode query)
            throws Exception {
        String topic = query.path("topic").asText();
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get();
            assertThat(admin.listTopics().names().get()).doesNotContain(topic).contains("logs");
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
        assertThat(http.send("GET", "/v1/queries/" + query.path("id").asText()).statusCode())
                .isEqualTo(404);
    }

    @Test
    void aGroupFollowsWhatIsWrittenAndGoesOnAfterAKill() throws Exception {
        AnnalsProcess.Ports ports = AnnalsProcess.Ports.reserve();
        Map<String, Integer> seen = new TreeMap<>();
        String topic;
        try (AnnalsProcess server = AnnalsProcess.start(folder, ports);
                Http http = new Http(server)) {
            send(server, "logs", 2, 0, 200);
            topic =
                    open(http, "{\"topics\":\"logs\",\"q\":\"level:error\",\"follow\":true}")
                            .path("topic")
                            .asText();
            try (KafkaConsumer<byte[], byte[]> consumer = grouped(server)) {
                consumer.subscribe(List.of(topic));
                poll(consumer, seen, errors(0, 200).size());
                send(server, "logs", 2, 200, 400);
                poll(consumer, seen, errors(0, 400).size());
                http.seal();
                send(server, "logs", 2, 400, 500);
                poll(consumer, seen, errors(0, 500).size());
                consumer.commitSync();
            }
            server.kill();
        }
        try (AnnalsProcess server = AnnalsProcess.start(folder, ports)) {
            send(server, "logs", 2, 500, 600);
            try (KafkaConsumer<byte[], byte[]> consumer = grouped(server)) {
                consumer.subscribe(List.of(topic));
                poll(consumer, seen, errors(0, 600).size());
            }
        }
        Map<String, Integer> once = new TreeMap<>();
        errors(0, 600).forEach(value -> once.put(value, 1));
        assertThat(seen).isEqualTo(once);
    }

    /// Up to the end of the partition; an offset that comes twice or too early fails.
    private static List<ConsumerRecord<byte[], byte[]>> consumed(
            AnnalsProcess server, TopicPartition partition) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            List<TopicPartition> one = List.of(partition);
            consumer.assign(one);
            consumer.seekToBeginning(one);
            long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            long next = 0;
            while (consumer.position(partition) < end) {
                assertThat(System.nanoTime()).as("%s stands still", partition).isLessThan(deadline);
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    assertThat(record.offset()).isGreaterThanOrEqualTo(next);
                    records.add(record);
                    next = record.offset() + 1;
                }
            }
        }
        return records;
    }

    private static void poll(
            KafkaConsumer<byte[], byte[]> consumer, Map<String, Integer> seen, int until) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (seen.size() < until && System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                seen.merge(new String(record.value(), StandardCharsets.UTF_8), 1, Integer::sum);
            }
        }
        assertThat(seen).hasSize(until);
    }

    private static KafkaConsumer<byte[], byte[]> grouped(AnnalsProcess server) {
        Map<String, Object> config = new HashMap<>();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, server.kafka());
        config.put(ConsumerConfig.GROUP_ID_CONFIG, "followers");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return new KafkaConsumer<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /// Every fifth record is an error; each five go to the next partition.
    private static void send(AnnalsProcess server, String topic, int partitions, int from, int to)
            throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            if (!admin.listTopics().names().get().contains(topic)) {
                admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
            }
        }
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = from; i < to; i++) {
                ProducerRecord<byte[], byte[]> record =
                        new ProducerRecord<>(
                                topic,
                                i / 5 % partitions,
                                FIRST_TIMESTAMP_MS + i,
                                bytes("k" + i),
                                bytes(value(i)));
                record.headers().add("n", bytes("" + i));
                producer.send(record);
            }
        }
    }

    private static String value(int i) {
        return "{\"level\":\"%s\",\"n\":%d}".formatted(i % 5 == 0 ? "error" : "info", i);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> errors(int from, int to) {
        List<String> values = new ArrayList<>();
        for (int i = from; i < to; i++) {
            if (i % 5 == 0) {
                values.add(value(i));
            }
        }
        return values;
    }

    private static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static String number(ConsumerRecord<byte[], byte[]> record) {
        return header(record, "n");
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static JsonNode open(Http http, String body) throws Exception {
        return http.postJson("/v1/queries", body);
    }

    private static List<String> kcat(AnnalsProcess server, String topic) throws Exception {
        Process process =
                new ProcessBuilder("kcat", "-b", server.kafka(), "-C", "-t", topic, "-e", "-q")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<String> output = process.inputReader(StandardCharsets.UTF_8).lines().toList();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        return output;
    }
}
