package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// With all local state and all registry objects gone, the archive alone brings everything back
/// (ANNALS-8).
class RegistryRebuildIT {
    private static final String TOPIC = "orders";
    private static final int RECORDS = 500;

    @TempDir Path folder;

    @Test
    void theArchiveAloneBringsBackRecordsSearchTopicsAndTheirSettings() throws Exception {
        Path data = folder.resolve("data");
        String idBefore;
        try (AnnalsProcess server = AnnalsProcess.start(data);
                Http http = new Http(server)) {
            create(server);
            produce(server, 0);
            http.seal();
            produce(server, RECORDS);
            http.seal();
            idBefore = topicId(server);
            assertThat(server.terminate().exitCode()).isZero();
        }
        Files.move(data.resolve("archive"), folder.resolve("kept"));
        delete(data);
        Files.createDirectories(data);
        Files.move(folder.resolve("kept"), data.resolve("archive"));
        delete(data.resolve("archive/registry"));

        AnnalsProcess.Finished rebuild =
                AnnalsProcess.run("registry", "rebuild", "--data-dir", data.toString());

        assertThat(rebuild.exitCode()).describedAs(rebuild.stderr()).isZero();
        try (AnnalsProcess server = AnnalsProcess.start(data);
                Http http = new Http(server)) {
            assertThat(topicId(server)).isEqualTo(idBefore);
            assertThat(setting(server, "max.message.bytes")).isEqualTo("2000000");
            for (int partition = 0; partition < 2; partition++) {
                assertThat(Consumed.all(server.kafka(), new TopicPartition(TOPIC, partition)))
                        .hasSize(RECORDS)
                        .allSatisfy(r -> assertThat(r.value()).asString().contains("order"));
            }
            var hits = http.search(TOPIC, "order", "require_complete=true&limit=1");
            assertThat(hits.path("total").path("value").asLong()).isEqualTo(2L * RECORDS);
            produce(server, 2 * RECORDS);
            assertThat(Consumed.all(server.kafka(), new TopicPartition(TOPIC, 0)))
                    .hasSize(RECORDS + RECORDS / 2);
        }
    }

    private static void create(AnnalsProcess server) throws Exception {
        NewTopic topic =
                new NewTopic(TOPIC, 2, (short) 1).configs(Map.of("max.message.bytes", "2000000"));
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(topic)).all().get();
        }
    }

    private static void produce(AnnalsProcess server, int from) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of("compression.type", "zstd"))) {
            for (int i = from; i < from + RECORDS; i++) {
                byte[] value = ("order " + i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, i % 2, null, value));
            }
        }
    }

    private static String topicId(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            return admin.describeTopics(List.of(TOPIC)).allTopicNames().get().values().stream()
                    .map(description -> description.topicId().toString())
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static String setting(AnnalsProcess server, String name) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            return admin.describeConfigs(List.of(topic)).all().get().values().stream()
                    .map(config -> config.get(name).value())
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
