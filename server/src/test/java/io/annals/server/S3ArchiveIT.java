package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.s3.FaultyS3Proxy;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole server with its archive in S3: evidence in one bucket, what can be made again in
/// another.
class S3ArchiveIT {
    private static final String TOPIC = "orders";
    private static final int RECORDS = 400;
    private static final ConfigResource SETTINGS =
            new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
    private static final Map<TopicPartition, OffsetAndMetadata> COMMITTED =
            Map.of(new TopicPartition(TOPIC, 1), new OffsetAndMetadata(117, "a note"));

    @TempDir Path folder;
    private ArchiveOnS3 archive;
    private S3Settings working;

    @BeforeEach
    void startS3() throws Exception {
        archive = new ArchiveOnS3(folder);
        working = archive.newBucket("");
    }

    @AfterEach
    void stopS3() throws Exception {
        archive.close();
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
            change(server);
            produce(server, 2 * RECORDS);
            assertServes(server, http, 3 * RECORDS);
            assertThat(http.metric("annals_wal_unarchived_bytes")).isPositive();
            cluster = clusterId(server);
            server.kill();
        }
        try (AnnalsProcess server = start("first");
                Http http = new Http(server)) {
            http.seal();
            assertServes(server, http, 3 * RECORDS);
            assertThat(http.metric("annals_wal_unarchived_bytes"))
                    .as("what would be lost")
                    .isZero();
            server.kill();
        }

        AnnalsProcess.Finished verified = run(List.of("verify", "--progress"), "second");
        assertThat(verified.exitCode()).describedAs(verified.toString()).isZero();
        assertThat(verified.stdout()).contains("MiB/s").contains("all as written");
        assertThat(verified.stderr()).contains(" objects").contains("MiB/s");
        try (AnnalsProcess server = start("second");
                Http http = new Http(server)) {
            assertThat(clusterId(server)).isEqualTo(cluster);
            assertServes(server, http, 3 * RECORDS);
            assertChanged(server);
            produce(server, 3 * RECORDS);
            http.seal();
            assertServes(server, http, 4 * RECORDS);
        }
    }

    private static void change(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.incrementalAlterConfigs(
                            Map.of(
                                    SETTINGS,
                                    List.of(
                                            new AlterConfigOp(
                                                    new ConfigEntry("retention.ms", "86400000"),
                                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
            admin.alterConsumerGroupOffsets("readers", COMMITTED).all().get();
        }
    }

    private static void assertChanged(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            assertThat(admin.describeConfigs(List.of(SETTINGS)).all().get().get(SETTINGS))
                    .extracting(config -> config.get("retention.ms").value())
                    .isEqualTo("86400000");
            assertThat(
                            admin.listConsumerGroupOffsets("readers")
                                    .partitionsToOffsetAndMetadata()
                                    .get())
                    .isEqualTo(COMMITTED);
        }
    }

    /// As where an object lock disables conditional creation.
    @Test
    void evidenceMayLieInABucketThatDoesNotHonourConditionalCreation() throws Exception {
        try (FaultyS3Proxy proxy = new FaultyS3Proxy(archive.endpoint(), 1);
                S3ObjectStore evidence = archive.store()) {
            String prefix = archive.bucket().prefix();
            proxy.ignoreConditions(
                    archive.bucket().bucket(),
                    key -> deleteQuietly(evidence, key.substring(prefix.length())));
            String endpoint = ArchiveOnS3.through(proxy.endpoint());
            try (AnnalsProcess server = start("first", endpoint);
                    Http http = new Http(server)) {
                create(server);
                produce(server, 0);
                http.seal();
                server.kill();
            }
            try (AnnalsProcess server = start("second", endpoint);
                    Http http = new Http(server)) {
                produce(server, RECORDS);
                http.seal();
                assertServes(server, http, 2 * RECORDS);
            }
        }
    }

    private static void deleteQuietly(S3ObjectStore store, String key) {
        try {
            store.delete(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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

    @Test
    void aSecondServerOnTheBucketsIsToldWhoHasThemAndWritesNothing() throws Exception {
        try (AnnalsProcess server = start("first");
                Http http = new Http(server)) {
            create(server);
            produce(server, 0);
            http.seal();
            List<String> before = keys();
            assertThat(before).anyMatch(key -> key.startsWith("segments/"));
            assertThat(before).anyMatch(key -> key.startsWith("registry/"));

            AnnalsProcess.Finished second = run("server", "second");

            assertThat(second.exitCode()).describedAs(second.toString()).isEqualTo(12);
            assertThat(second.stderr())
                    .contains("object owner/00000000000000000001.json")
                    .contains("process " + server.pid());
            assertThat(keys()).isEqualTo(before);
            produce(server, RECORDS);
            http.seal();
            assertServes(server, http, 2 * RECORDS);
            server.terminate();
        }
        try (AnnalsProcess next = start("second");
                Http http = new Http(next)) {
            assertServes(next, http, 2 * RECORDS);
            assertThat(http.send("GET", "/metrics").body())
                    .contains("annals_archive_lease_epoch 2")
                    .contains("annals_archive_lease_operations_total{operation=\"create\"}");
        }
    }

    /// Of both buckets, but for signs of life.
    private List<String> keys() throws Exception {
        List<String> keys = new ArrayList<>();
        for (S3Settings bucket : List.of(archive.bucket(), working)) {
            try (S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
                store.list("", object -> keys.add(object.key()));
            }
        }
        keys.removeIf(key -> key.startsWith("owner/renewals/"));
        return keys;
    }

    /// Each names the place and the cure; nothing is written, nothing lost.
    @Test
    void saysAtStartWhatIsWrongWithTheBucketTheKeysTheClockOrTheStore() throws Exception {
        assertRefused("credentials are refused", "annals.archive.s3.secret.access.key=guess");
        assertRefused(
                "no usable answer",
                "annals.archive.s3.endpoint=http://127.0.0.1:1",
                "annals.archive.s3.max.attempts=1");
        try (FaultyS3Proxy proxy = new FaultyS3Proxy(archive.endpoint(), 1)) {
            String endpoint = ArchiveOnS3.through(proxy.endpoint());
            proxy.refuse(403, "RequestTimeTooSkewed");
            assertRefused("clocks of this machine and of the store differ", endpoint);
            proxy.refuse(400, "AuthorizationHeaderMalformed");
            assertRefused("is in another region: name that region", endpoint);
        }
        try (FaultyS3Proxy proxy = new FaultyS3Proxy(archive.endpoint(), 1)) {
            proxy.lie();
            assertRefused(
                    "does not honour conditional creation", ArchiveOnS3.through(proxy.endpoint()));
        }
        S3Settings photos = archive.newBucket("albums/");
        try (S3ObjectStore store = new S3ObjectStore(photos, Uuid::randomUuid)) {
            store.createIfAbsent("cats/1.jpg", new byte[10]);
            assertRefused(
                    "something else: object cats/1.jpg",
                    "annals.archive.s3.working.bucket=" + photos.bucket(),
                    "annals.archive.s3.working.prefix=" + photos.prefix());
            assertRefused(
                    "something else: object cats/1.jpg in ",
                    "annals.archive.s3.bucket=" + photos.bucket(),
                    "annals.archive.s3.prefix=" + photos.prefix());
            List<String> left = new ArrayList<>();
            store.list("", object -> left.add(object.key()));
            assertThat(left).containsExactly("cats/1.jpg");
        }
    }

    private void assertRefused(String message, String... settings) throws Exception {
        AnnalsProcess.Finished refused = run("server", "refused", settings);
        assertThat(refused.exitCode()).describedAs(refused.toString()).isEqualTo(11);
        assertThat(refused.stderr()).contains(message);
    }

    /// What goes behind our back is named when it is needed, and by `verify`; the rest is served.
    @Test
    void objectsDeletedOrOverwrittenBehindOurBackAreNamed() throws Exception {
        String deleted;
        String overwritten;
        try (AnnalsProcess server = start("first");
                Http http = new Http(server);
                S3ObjectStore store = archive.store()) {
            create(server);
            produce(server, 0);
            http.seal();
            produce(server, RECORDS);
            http.seal();
            List<String> keys = new ArrayList<>();
            store.list("segments/", object -> keys.add(object.key()));
            keys.removeIf(key -> !key.contains(topicId(http)));
            assertThat(keys).hasSize(2);
            deleted = keys.getFirst();
            overwritten = keys.getLast();
            server.kill();
            store.delete(deleted);
            byte[] bytes = new byte[(int) store.size(overwritten)];
            store.delete(overwritten);
            store.createIfAbsent(overwritten, bytes);
            store.createIfAbsent("topics/notes.txt", new byte[3]);
            store.createIfAbsent("minutes.txt", new byte[3]);
        }
        try (AnnalsProcess server = start("first");
                Http http = new Http(server)) {
            String named = "";
            for (int offset : new int[] {0, RECORDS / 2}) {
                var records =
                        http.send("GET", "/v1/topics/orders/partitions/0/records?offset=" + offset);
                assertThat(records.statusCode()).isGreaterThanOrEqualTo(500);
                named += records.body();
            }
            assertThat(named).contains(deleted).contains(overwritten);
            produce(server, 2 * RECORDS);
            http.seal();
            assertThat(
                            http.get("/v1/topics/orders/partitions/0/records?offset=" + RECORDS)
                                    .path("records"))
                    .isNotEmpty();
        }
        AnnalsProcess.Finished verified = run("verify", "nothing-local");
        assertThat(verified.exitCode()).describedAs(verified.toString()).isEqualTo(9);
        assertThat(verified.stdout())
                .contains("missing " + deleted)
                .contains("damaged " + overwritten)
                .contains("put it back")
                .contains("unexpected topics/notes.txt: is not a key of Annals")
                .contains("unexpected minutes.txt: is not a key of Annals")
                .contains("find out who put it there")
                .contains("MiB/s");
    }

    private static String topicId(Http http) {
        try {
            return http.get("/v1/topics").path("topics").get(0).path("id").asText();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
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

    private AnnalsProcess start(String data, String... more) throws Exception {
        return archive.start(data, settings(more));
    }

    private AnnalsProcess.Finished run(String command, String data, String... more)
            throws Exception {
        return run(List.of(command), data, more);
    }

    private AnnalsProcess.Finished run(List<String> command, String data, String... more)
            throws Exception {
        return archive.run(command, data, settings(more));
    }

    private String[] settings(String... more) {
        Stream<String> own =
                Stream.of(
                        "annals.archive.lease.ms=1000", // of machines that are gone
                        "annals.archive.s3.working.bucket=" + working.bucket());
        return Stream.concat(own, Stream.of(more)).toArray(String[]::new);
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
