package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3TestServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole server with its archive in S3: evidence in one bucket, what can be made again in
/// another.
class S3ArchiveIT {
    private static final String TOPIC = "orders";
    private static final int RECORDS = 400;

    @TempDir Path folder;
    private S3TestServer s3;
    private S3Settings evidence;
    private S3Settings working;

    @BeforeEach
    void startS3() throws Exception {
        s3 = new S3TestServer();
        evidence = s3.newBucket();
        working = s3.newBucket();
    }

    @AfterEach
    void stopS3() throws Exception {
        s3.close();
    }

    @Test
    void aNewMachineWithTheSameBucketsServesEverythingArchived() throws Exception {
        String cluster;
        try (AnnalsProcess server = start("first");
                Http http = new Http(server)) {
            create(server);
            produce(server, 0);
            http.seal();
            produce(server, RECORDS);
            http.seal();
            produce(server, 2 * RECORDS);
            assertServes(server, http, 3 * RECORDS);
            cluster = clusterId(server);
            server.kill();
        }
        try (AnnalsProcess server = start("first");
                Http http = new Http(server)) {
            http.seal();
            assertServes(server, http, 3 * RECORDS);
            server.kill();
        }

        AnnalsProcess.Finished verified = run("verify", "second");
        assertThat(verified.exitCode()).describedAs(verified.toString()).isZero();
        try (AnnalsProcess server = start("second");
                Http http = new Http(server)) {
            assertThat(clusterId(server)).isEqualTo(cluster);
            assertServes(server, http, 3 * RECORDS);
            produce(server, 3 * RECORDS);
            http.seal();
            assertServes(server, http, 4 * RECORDS);
        }
    }

    @Test
    void refusesABucketThatIsNotThereAndTheArchiveOfAnotherCluster() throws Exception {
        AnnalsProcess.Finished missing =
                run("server", "third", "annals.archive.s3.bucket=no-such-bucket");
        assertThat(missing.exitCode()).isEqualTo(11);
        assertThat(missing.stderr()).contains("no-such-bucket").contains("create it");

        start("first").close();
        Files.createDirectories(folder.resolve("other"));
        Files.writeString(folder.resolve("other/cluster-id"), "AnotherClustersIdAAAAA\n");
        AnnalsProcess.Finished other = run("server", "other");
        assertThat(other.exitCode()).isEqualTo(11);
        assertThat(other.stderr()).contains("of cluster AnotherClustersIdAAAAA");
    }

    private void assertServes(AnnalsProcess server, Http http, int records) throws Exception {
        for (int partition = 0; partition < 2; partition++) {
            assertThat(Consumed.all(server.kafka(), new TopicPartition(TOPIC, partition)))
                    .hasSize(records / 2)
                    .allSatisfy(r -> assertThat(r.value()).asString().startsWith("order "));
        }
        var hits = http.search(TOPIC, "order", "require_complete=true&limit=1");
        assertThat(hits.path("total").path("value").asLong()).isEqualTo(records);
    }

    private AnnalsProcess start(String data) throws Exception {
        return AnnalsProcess.start(folder.resolve(data), settings().toArray(String[]::new));
    }

    private AnnalsProcess.Finished run(String command, String data, String... more)
            throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of(command, "--data-dir", folder.resolve(data).toString()));
        List<String> all = new ArrayList<>(settings());
        all.addAll(List.of(more));
        all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return AnnalsProcess.run(arguments.toArray(String[]::new));
    }

    private List<String> settings() {
        return List.of(
                "annals.archive.store=s3",
                "annals.archive.s3.bucket=" + evidence.bucket(),
                "annals.archive.s3.prefix=evidence/",
                "annals.archive.s3.working.bucket=" + working.bucket(),
                "annals.archive.s3.endpoint=" + s3.endpoint(),
                "annals.archive.s3.path.style=true",
                "annals.archive.s3.access.key.id=" + S3TestServer.CREDENTIALS.accessKeyId(),
                "annals.archive.s3.secret.access.key="
                        + S3TestServer.CREDENTIALS.secretAccessKey());
    }

    private static void create(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
        }
    }

    private static String clusterId(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            return admin.describeCluster().clusterId().get();
        }
    }

    private static void produce(AnnalsProcess server, int from) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = from; i < from + RECORDS; i++) {
                byte[] value = ("order " + i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, i % 2, null, value));
            }
        }
    }
}
