package io.annals.server;

import static io.annals.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.s3.FaultyS3Proxy;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole server on an S3 store that is away, or refuses it.
class S3AwayIT {
    private static final String TOPIC = "kept";
    private static final Duration END = Duration.ofSeconds(30);

    @TempDir Path folder;
    private ArchiveOnS3 archive;
    private FaultyS3Proxy proxy;
    private final Acknowledged acknowledged = new Acknowledged(TOPIC, 1, "acknowledged");

    @BeforeEach
    void startS3() throws Exception {
        archive = new ArchiveOnS3(folder);
        proxy = new FaultyS3Proxy(archive.endpoint(), 1);
    }

    @AfterEach
    void stopS3() throws Exception {
        proxy.close();
        archive.close();
    }

    @Test
    void aServerWhoseStoreIsAwayGoesOnHotUntilItsBoundAndRecovers() throws Exception {
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            createTopic(server);
            produceUntilRefused(server, 50);
            http.seal();
            int archived = acknowledged.records();
            proxy.away(true);

            produceUntilRefused(server, 5_000);
            assertThat(acknowledged.records()).isBetween(archived + 20, 4_000);
            assertReads(server, archived);
            HttpResponse<String> cold =
                    http.send("GET", "/v1/topics/kept/partitions/0/records?offset=0");
            assertThat(cold.statusCode()).isGreaterThanOrEqualTo(500);
            assertThat(cold.body()).contains("segments/");
            HttpResponse<String> ready = http.send("GET", "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("hot tier is full").contains("warnings");
            assertThat(http.metric("annals_archiver_failures")).isPositive();
            assertThat(http.metric("annals_wal_unarchived_bytes"))
                    .isGreaterThan(http.metric("annals_wal_max_bytes") * 3 / 4);

            proxy.away(false);
            eventually(() -> {
                int before = acknowledged.records();
                produceUntilRefused(server, 20);
                return acknowledged.records() >= before + 20;
            });
            eventually(() ->
                    http.metric("annals_wal_unarchived_bytes")
                            < http.metric("annals_wal_max_bytes") / 2);
            goesOnWhileItsKeysAreRefused(server, http);
            eventually(() -> http.send("POST", "/v1/admin/seal").statusCode() == 200);
            assertReads(server, 0);
            eventually(() -> http.metric("annals_wal_unarchived_bytes") == 0);
            eventually(() -> {
                HttpResponse<String> well = http.send("GET", "/health/ready");
                return well.statusCode() == 200 && !well.body().contains("warnings");
            });
            server.kill();
        }
        try (AnnalsProcess server = archive.start("another-machine")) {
            assertReads(server, 0);
        }
    }

    @Test
    void aServerThatIsStoppedWhileItsStoreIsAwayEndsSoonAndLosesNothing() throws Exception {
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            createTopic(server);
            produceUntilRefused(server, 50);
            http.seal();
            proxy.away(true);
            produceUntilRefused(server, 50);
            assertThat(acknowledged.records()).isEqualTo(100);

            Instant asked = Instant.now();
            AnnalsProcess.Finished end = server.terminate();

            assertThat(Duration.between(asked, Instant.now())).isLessThan(END);
            assertThat(end.exitCode()).describedAs(end.stderr()).isZero();
        }
        proxy.away(false);
        try (AnnalsProcess server = start();
                Http http = new Http(server)) {
            acknowledged.assertConsumed(server.kafka());
            http.seal();
            acknowledged.assertConsumed(server.kafka());
        }
    }

    /// As when they were taken back, or the clock went wrong, after the start.
    private void goesOnWhileItsKeysAreRefused(AnnalsProcess server, Http http) throws Exception {
        Map<String, String> warnings =
                Map.of(
                        "InvalidAccessKeyId", "credentials are refused",
                        "RequestTimeTooSkewed", "clocks of this machine and of the store differ");
        for (Map.Entry<String, String> refusal : warnings.entrySet()) {
            proxy.refuse(403, refusal.getKey());
            int before = acknowledged.records();
            produceUntilRefused(server, 20);
            assertThat(acknowledged.records()).isEqualTo(before + 20);
            eventually(() -> http.send("GET", "/health/ready").body().contains(refusal.getValue()));
        }
        proxy.letIn();
    }

    private AnnalsProcess start() throws Exception {
        return archive.start(
                "data",
                ArchiveOnS3.through(proxy.endpoint()),
                "annals.archive.s3.max.attempts=2",
                "annals.archive.interval.ms=200",
                "log.cleaner.backoff.ms=300",
                "annals.wal.max.bytes=8388608",
                "annals.wal.throttle.max.ms=20",
                "log.segment.bytes=1048576",
                "log.roll.ms=300");
    }

    private static void createTopic(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
    }

    private void assertReads(AnnalsProcess server, long from) {
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            acknowledged.assertReads(consumer, 0, from, acknowledged.records());
        }
    }

    /// Notes what is acknowledged.
    private void produceUntilRefused(AnnalsProcess server, int most) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(
                        server.kafka(),
                        Map.of("delivery.timeout.ms", "4000", "request.timeout.ms", "2000"))) {
            for (int i = 0; i < most; i++) {
                String value = "order " + acknowledged.records() + "y".repeat(10_000);
                try {
                    long offset =
                            producer.send(
                                            new ProducerRecord<>(
                                                    TOPIC,
                                                    0,
                                                    null,
                                                    value.getBytes(StandardCharsets.UTF_8)))
                                    .get()
                                    .offset();
                    acknowledged.note(0, offset, value);
                } catch (ExecutionException refused) {
                    assertThat(refused.getCause()).isInstanceOf(RetriableException.class);
                    return;
                }
            }
        }
    }
}
