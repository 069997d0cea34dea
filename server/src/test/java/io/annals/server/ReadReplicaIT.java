package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that reads the archive which another one writes (REG-13).
class ReadReplicaIT {
    private static final String TOPIC = "orders";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path folder;

    @Test
    void followsTheWriterAndServesEverythingArchived() throws Exception {
        Path written = folder.resolve("writer");
        try (AnnalsProcess writer = AnnalsProcess.start(written);
                Http writing = new Http(writer)) {
            create(writer);
            produce(writer, 0, 100);
            commitOffset(writer, "readers", 42);
            writing.seal();
            try (AnnalsProcess replica = startReplica("replica")) {
                try (Http reading = new Http(replica)) {
                    servesWhatIsArchived(replica, reading);
                    refusesToWrite(replica);
                    followsWhatIsArchivedLater(writer, writing, replica, reading);
                    survivesTheWriter(writer, replica);
                    assertThat(reading.get("/health/ready").path("status").asText())
                            .isEqualTo("ready");
                }
                replica.kill();
            }
            try (AnnalsProcess again = startReplica("replica")) {
                assertThat(Consumed.all(again.kafka(), PARTITION)).hasSize(200);
            }
        }
    }

    @Test
    void neverWritesToTheArchive() throws Exception {
        Path written = folder.resolve("writer");
        try (AnnalsProcess writer = AnnalsProcess.start(written);
                Http writing = new Http(writer)) {
            create(writer);
            produce(writer, 0, 50);
            writing.seal();
            writer.terminate();
        }
        Path archive = written.resolve("archive");
        // what a crash left out: a writer would make up for it
        try (Stream<Path> topics = Files.walk(archive.resolve("topics"))) {
            for (Path topic : topics.filter(Files::isRegularFile).toList()) {
                Files.delete(topic);
            }
        }
        Map<String, Long> before = files(archive);
        try (AnnalsProcess replica =
                AnnalsProcess.start(
                        folder.resolve("replica"),
                        "annals.replica=true",
                        "annals.replica.poll.ms=50",
                        "annals.archive.dir=" + archive)) {
            assertThat(Consumed.all(replica.kafka(), PARTITION)).hasSize(50);
            refusesToWrite(replica);
            Thread.sleep(500);
        }
        assertThat(files(archive)).isEqualTo(before);
    }

    @Test
    void aDirectoryWithAWalAndAMissingArchiveAreRefused() throws Exception {
        Path written = folder.resolve("writer");
        try (AnnalsProcess writer = AnnalsProcess.start(written)) {
            writer.terminate();
        }

        assertThatThrownBy(() ->
                        AnnalsProcess.start(
                                written,
                                "annals.replica=true",
                                "annals.archive.dir=" + written.resolve("archive")))
                .hasMessageContaining("belongs to a server that writes");
        assertThatThrownBy(
                        () -> AnnalsProcess.start(folder.resolve("other"), "annals.replica=true"))
                .hasMessageContaining("annals.archive.dir");
    }

    private AnnalsProcess startReplica(String name) throws IOException {
        return AnnalsProcess.start(
                folder.resolve(name),
                "annals.replica=true",
                "annals.replica.poll.ms=100",
                "annals.archive.dir=" + folder.resolve("writer/archive"));
    }

    private static void servesWhatIsArchived(AnnalsProcess replica, Http reading) throws Exception {
        assertThat(Consumed.all(replica.kafka(), PARTITION)).hasSize(100);
        var hits = reading.search(TOPIC, "order", "require_complete=true&limit=1");
        assertThat(hits.path("total").path("value").asLong()).isEqualTo(100);
        assertThat(hits.path("coverage").path("generation").asLong()).isPositive();
        try (Admin admin = KafkaClients.admin(replica.kafka())) {
            assertThat(admin.describeTopics(List.of(TOPIC)).allTopicNames().get())
                    .containsKey(TOPIC);
            ListOffsetsResultInfo end =
                    admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest()))
                            .partitionResult(PARTITION)
                            .get();
            assertThat(end.offset()).isEqualTo(100);
            assertThat(committed(admin)).isEqualTo(42);
        }
    }

    private static void refusesToWrite(AnnalsProcess replica) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(replica.kafka(), Map.of("enable.idempotence", "false"))) {
            assertThatThrownBy(() ->
                            producer.send(new ProducerRecord<>(TOPIC, 0, null, new byte[1])).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(PolicyViolationException.class);
        }
        try (Admin admin = KafkaClients.admin(replica.kafka())) {
            assertThatThrownBy(() ->
                            admin.createTopics(List.of(new NewTopic("new", 1, (short) 1)))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(PolicyViolationException.class)
                    .hasMessageContaining("read replica");
            assertThatThrownBy(() -> admin.deleteTopics(List.of(TOPIC)).all().get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
            assertThatThrownBy(() ->
                            admin.alterConsumerGroupOffsets(
                                            "readers", Map.of(PARTITION, new OffsetAndMetadata(1)))
                                    .all()
                                    .get())
                    .hasCauseInstanceOf(PolicyViolationException.class);
        }
    }

    private static void followsWhatIsArchivedLater(
            AnnalsProcess writer, Http writing, AnnalsProcess replica, Http reading)
            throws Exception {
        produce(writer, 100, 200);
        assertThat(Consumed.all(replica.kafka(), PARTITION)).hasSize(100); // hot there
        commitOffset(writer, "readers", 77);
        writing.seal();
        await(() -> endOffset(replica) == 200);
        assertThat(Consumed.all(replica.kafka(), PARTITION)).hasSize(200);
        assertThat(reading.search(TOPIC, "order", "limit=1").path("total").path("value").asLong())
                .isEqualTo(200);
        await(() -> committed(replica) == 77);
        assertThat(reading.send("GET", "/metrics").body())
                .contains("annals_replica_lag_ms")
                .contains("annals_replica_generation_age_ms");
    }

    private static void survivesTheWriter(AnnalsProcess writer, AnnalsProcess replica)
            throws Exception {
        writer.kill();
        assertThat(Consumed.all(replica.kafka(), PARTITION)).hasSize(200);
    }

    private static long endOffset(AnnalsProcess server) {
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            return consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, -1L);
        }
    }

    private static long committed(AnnalsProcess server) {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            return committed(admin);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long committed(Admin admin) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> offsets =
                admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get();
        return offsets.getOrDefault(PARTITION, new OffsetAndMetadata(0)).offset();
    }

    private static void commitOffset(AnnalsProcess server, String group, long offset)
            throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.alterConsumerGroupOffsets(group, Map.of(PARTITION, new OffsetAndMetadata(offset)))
                    .all()
                    .get();
        }
    }

    private static void create(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
    }

    private static void produce(AnnalsProcess server, int from, int to) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = from; i < to; i++) {
                byte[] value = ("order " + i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
            }
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).describedAs("patience").isLessThan(end);
            Thread.sleep(100);
        }
    }

    /// Sizes by path.
    private static Map<String, Long> files(Path root) throws IOException {
        Map<String, Long> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.toList()) {
                files.put(path.toString(), size(path));
            }
        }
        return files;
    }

    private static long size(Path path) {
        try {
            return Files.isRegularFile(path) ? Files.size(path) : -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
