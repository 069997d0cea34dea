package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.LiveFiles;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two servers on one archive (REG-14): the second is refused, or the first is fenced.
class ArchiveLeaseIT {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final TopicPartition PAYMENTS = new TopicPartition("payments", 0);
    private static final String FOREVER = "annals.archive.lease.ms=600000";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path folder;

    @Test
    void aSecondServerIsRefusedAndAStoppedKilledOrTakenOneIsFreeAtOnce() throws Exception {
        try (AnnalsProcess first = start("first", FOREVER);
                Http http = new Http(first)) {
            create(first, ORDERS);
            produce(first, ORDERS, 50);
            http.seal();
            first.kill();
        }
        try (AnnalsProcess first = start("first", "annals.archive.lease.ms=3000");
                Http http = new Http(first)) { // would wait for ten minutes, were it another one
            Set<String> before = objects().keySet();

            AnnalsProcess.Finished second = run("server");
            assertThat(second.exitCode()).describedAs(second.toString()).isEqualTo(12);
            assertThat(second.stderr())
                    .contains("the archive is owned by another server")
                    .contains("object owner/00000000000000000002.json")
                    .contains("process " + first.pid())
                    .contains("last sign of life was at")
                    .contains("--take-over");

            assertThat(objects().keySet()).isEqualTo(before);
            produce(first, ORDERS, 50);
            http.seal();
            assertThat(Consumed.all(first.kafka(), ORDERS)).hasSize(100);
            assertThat(first.terminate().exitCode()).isZero();
        }
        try (AnnalsProcess second = start("second", FOREVER)) {
            assertThat(second.stderr()).doesNotContain("watching");
            assertThat(Consumed.all(second.kafka(), ORDERS)).hasSize(100);
            second.kill();
        }
        AnnalsProcess.Finished rebuilt = run("registry", "rebuild", "--take-over");
        assertThat(rebuilt.exitCode()).describedAs(rebuilt.toString()).isZero();
    }

    /// The first server sweeps every second, and would find much to delete.
    @Test
    void aServerThatWasStoppedAndReplacedIsFencedAndLosesAndDeletesNothing() throws Exception {
        String[] eager = {
            "annals.archive.lease.ms=1500",
            "annals.sweep.interval.ms=1000",
            "annals.sweep.grace.ms=0",
            "annals.sweep.replaced.grace.ms=0",
            "annals.registry.history.ms=0",
        };
        try (AnnalsProcess first = start("first", eager);
                Http http = new Http(first)) {
            create(first, ORDERS);
            produce(first, ORDERS, 100);
            http.seal();
            produce(first, ORDERS, 50); // hot
            signal("STOP", first);
            Map<String, String> afterSecond;
            try (AnnalsProcess second = start("second", "annals.archive.lease.ms=60000");
                    Http ofSecond = new Http(second)) {
                assertThat(second.stderr()).contains("no sign of life of server");
                assertThat(Consumed.all(second.kafka(), ORDERS)).hasSize(100);
                create(second, PAYMENTS);
                for (int i = 0; i < 3; i++) {
                    produce(second, PAYMENTS, 10);
                    ofSecond.seal();
                }
                Map<String, String> before = objects();

                signal("CONT", first);
                awaitFenced(http);
                produce(first, ORDERS, 50);
                assertThat(Consumed.all(first.kafka(), ORDERS)).hasSize(200);
                HttpResponse<String> seal = http.send("POST", "/v1/admin/seal");
                assertThat(seal.statusCode()).isGreaterThanOrEqualTo(500);
                assertThat(seal.body()).contains("fenced");
                Thread.sleep(2500); // sweeps

                assertThat(objects()).isEqualTo(before);
                assertThat(Consumed.all(second.kafka(), PAYMENTS)).hasSize(30);
                assertThat(run("verify").exitCode()).isZero();
                assertThat(first.isAlive()).isTrue();
                second.terminate();
                afterSecond = objects();
            }
            first.kill();
            assertThat(objects()).isEqualTo(afterSecond);
        }
        try (AnnalsProcess first = start("first");
                Http http = new Http(first)) {
            assertThat(Consumed.all(first.kafka(), ORDERS)).hasSize(200);
            http.seal();
            assertThat(Consumed.all(first.kafka(), ORDERS)).hasSize(200);
            assertThat(Consumed.all(first.kafka(), PAYMENTS)).hasSize(30);
        }
    }

    private static void awaitFenced(Http http) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        HttpResponse<String> ready = http.send("GET", "/health/ready");
        while (ready.statusCode() == 200) {
            assertThat(System.nanoTime()).describedAs(ready.body()).isLessThan(deadline);
            Thread.sleep(50);
            ready = http.send("GET", "/health/ready");
        }
        assertThat(ready.body())
                .contains("fenced: another server owns the archive")
                .contains("object owner/00000000000000000002.json");
        assertThat(http.send("GET", "/metrics").body()).contains("annals_archive_fenced 1");
    }

    private AnnalsProcess start(String name, String... settings) throws IOException {
        return AnnalsProcess.start(
                folder.resolve(name),
                Stream.concat(
                                Stream.of("annals.archive.dir=" + folder.resolve("archive")),
                                Stream.of(settings))
                        .toArray(String[]::new));
    }

    /// On a data directory of its own.
    private AnnalsProcess.Finished run(String... command) throws Exception {
        return AnnalsProcess.run(
                Stream.concat(
                                Stream.of(command),
                                Stream.of(
                                        "--data-dir",
                                        folder.resolve("other").toString(),
                                        "--set",
                                        "annals.archive.dir=" + folder.resolve("archive")))
                        .toArray(String[]::new));
    }

    /// With their contents, but for signs of life.
    private Map<String, String> objects() throws IOException {
        Map<String, String> objects = new TreeMap<>();
        Path archive = folder.resolve("archive");
        for (Path file : LiveFiles.under(archive)) {
            String key = archive.relativize(file).toString();
            if (!key.startsWith("owner/renewals/")) {
                objects.put(key, Files.getLastModifiedTime(file) + " " + Files.size(file));
            }
        }
        return objects;
    }

    private static void signal(String name, AnnalsProcess server) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, "" + server.pid()).start();
        assertThat(kill.waitFor()).isZero();
    }

    private static void create(AnnalsProcess server, TopicPartition one) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(one.topic(), 1, (short) 1))).all().get();
        }
    }

    private static void produce(AnnalsProcess server, TopicPartition to, int records)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < records; i++) {
                byte[] value = ("record " + i).getBytes(StandardCharsets.UTF_8);
                var sent = producer.send(new ProducerRecord<>(to.topic(), 0, null, value));
                if (i == records - 1) {
                    sent.get();
                }
            }
        }
    }
}
