package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server with its archive in S3 and a cache on disk.
class DiskCacheIT {
    private static final String CACHE_BYTES = "annals.archive.cache.disk.bytes=" + (64 << 20);

    @TempDir Path folder;
    private ArchiveOnS3 archive;

    @BeforeEach
    void startS3() throws Exception {
        archive = new ArchiveOnS3(folder);
    }

    @AfterEach
    void stopS3() throws Exception {
        archive.close();
    }

    @Test
    void aKilledServerFindsWhatItHadReadOfTheBucket() throws Exception {
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            produce(server);
            http.seal();
            assertFound(http);
            assertThat(http.metric("annals_archive_disk_cache_bytes")).isPositive();
            assertThat(http.metric("annals_object_store_operations_total{operation=\"create\"}"))
                    .isPositive();
            server.kill();
        }
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            assertFound(http);
            assertThat(http.metric("annals_archive_disk_cache_hits_total")).isPositive();
            assertThat(http.metric("annals_archive_disk_cache_damaged_total")).isZero();
        }
    }

    @Test
    void aFolderOfSomethingElseIsRefused() throws Exception {
        Path documents = Files.createDirectory(folder.resolve("documents"));
        Files.writeString(documents.resolve("letter"), "dear");
        AnnalsProcess.Finished refused =
                archive.run(
                        List.of("server"),
                        "data",
                        CACHE_BYTES,
                        "annals.archive.cache.disk.dir=" + documents);

        assertThat(refused.exitCode()).describedAs(refused.toString()).isEqualTo(8);
        assertThat(refused.stderr()).contains(documents.toString()).contains("folder of its own");
        assertThat(documents.resolve("letter")).hasContent("dear");
    }

    private static void assertFound(Http http) throws Exception {
        var hits = http.search("orders", "tea", "require_complete=true&limit=1");
        assertThat(hits.path("total").path("value").asLong()).isEqualTo(100);
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
        return archive.start("data", CACHE_BYTES);
    }
}
