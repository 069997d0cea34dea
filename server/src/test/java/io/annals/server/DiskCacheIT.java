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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server with its archive in S3 and a cache on disk.
class DiskCacheIT {
    @TempDir Path folder;
    private S3TestServer s3;
    private S3Settings bucket;

    @BeforeEach
    void startS3() throws Exception {
        s3 = new S3TestServer();
        bucket = s3.newBucket();
    }

    @AfterEach
    void stopS3() throws Exception {
        s3.close();
    }

    @Test
    void aKilledServerFindsWhatItHadReadOfTheBucket() throws Exception {
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            produce(server);
            http.seal();
            assertFound(http);
            assertThat(metric(http, "annals_archive_disk_cache_bytes")).isPositive();
            assertThat(metric(http, "annals_object_store_operations_total{operation=\"create\"}"))
                    .isPositive();
            server.kill();
        }
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            assertFound(http);
            assertThat(metric(http, "annals_archive_disk_cache_hits_total")).isPositive();
            assertThat(metric(http, "annals_archive_disk_cache_damaged_total")).isZero();
        }
    }

    @Test
    void aFolderOfSomethingElseIsRefused() throws Exception {
        Path documents = Files.createDirectory(folder.resolve("documents"));
        Files.writeString(documents.resolve("letter"), "dear");
        List<String> arguments =
                new ArrayList<>(List.of("server", "--data-dir", folder.resolve("data").toString()));
        List<String> all = new ArrayList<>(settings());
        all.add("annals.archive.cache.disk.dir=" + documents);
        all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        AnnalsProcess.Finished refused = AnnalsProcess.run(arguments.toArray(String[]::new));

        assertThat(refused.exitCode()).describedAs(refused.toString()).isEqualTo(8);
        assertThat(refused.stderr()).contains(documents.toString()).contains("folder of its own");
        assertThat(documents.resolve("letter")).hasContent("dear");
    }

    private static void assertFound(Http http) throws Exception {
        var hits = http.search("orders", "tea", "require_complete=true&limit=1");
        assertThat(hits.path("total").path("value").asLong()).isEqualTo(100);
    }

    private static double metric(Http http, String name) throws Exception {
        String page = http.send("GET", "/metrics").body();
        Matcher line =
                Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE)
                        .matcher(page);
        assertThat(line.find()).as(name).isTrue();
        return Double.parseDouble(line.group(1));
    }

    private static void produce(AnnalsProcess server) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < 100; i++) {
                producer.send(
                        new ProducerRecord<>(
                                "orders", ("tea " + i).getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private AnnalsProcess start() throws Exception {
        return AnnalsProcess.start(folder.resolve("data"), settings().toArray(String[]::new));
    }

    private List<String> settings() {
        return List.of(
                "annals.archive.cache.disk.bytes=" + (64 << 20),
                "annals.archive.store=s3",
                "annals.archive.s3.bucket=" + bucket.bucket(),
                "annals.archive.s3.endpoint=" + s3.endpoint(),
                "annals.archive.s3.path.style=true",
                "annals.archive.s3.access.key.id=" + S3TestServer.CREDENTIALS.accessKeyId(),
                "annals.archive.s3.secret.access.key="
                        + S3TestServer.CREDENTIALS.secretAccessKey());
    }
}
