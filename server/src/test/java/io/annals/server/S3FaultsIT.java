package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.archive.s3.FaultyS3Proxy;
import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3TestServer;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole server on an S3 store that fails one request in ten, and on one that is away.
///
/// `-Dannals.faults.seconds=N` makes the first take longer, `-Dannals.faults.seed=N` replays it.
class S3FaultsIT {
    private static final int SECONDS = Integer.getInteger("annals.faults.seconds", 12);
    private static final long SEED = Long.getLong("annals.faults.seed", 20261121);
    private static final double SHARE = 0.1;
    private static final int PARTITIONS = 2;
    private static final String KEPT = "kept";
    private static final String BRIEF = "brief";

    @TempDir Path folder;
    private S3TestServer s3;
    private S3Settings bucket;
    private FaultyS3Proxy proxy;

    /// Acknowledged, by partition: offset to value.
    private final List<Map<Long, String>> sent =
            List.of(new ConcurrentSkipListMap<>(), new ConcurrentSkipListMap<>());

    private final AtomicBoolean stopped = new AtomicBoolean();

    /// What went wrong and what was done meanwhile, how often.
    private final Map<String, Long> happened = new LinkedHashMap<>();

    @BeforeEach
    void startS3() throws Exception {
        s3 = new S3TestServer();
        bucket = s3.newBucket();
        proxy = new FaultyS3Proxy(s3.endpoint(), SEED);
    }

    @AfterEach
    void stopS3() throws Exception {
        proxy.close();
        s3.close();
    }

    @Test
    void nothingIsLostOrWrongWhileOneRequestInTenFailsAndLeftoversAreSwept() throws Exception {
        try (AnnalsProcess server = start(proxy.endpoint(), busy());
                Http http = new Http(server)) {
            createTopics(server);
            proxy.fail(SHARE);
            proxy.staleListings(SHARE);
            List<Callable<Void>> work =
                    List.of(
                            () -> produce(server, KEPT, true),
                            () -> produce(server, BRIEF, false),
                            () -> consume(server),
                            () -> search(http));
            try (ExecutorService threads = Executors.newFixedThreadPool(work.size())) {
                List<Future<Void>> running = new ArrayList<>();
                work.forEach(one -> running.add(threads.submit(one)));
                try {
                    Thread.sleep(Duration.ofSeconds(SECONDS));
                    eventually(() -> muchHappened(http));
                } finally {
                    stopped.set(true);
                }
                for (Future<Void> one : running) {
                    one.get(2, TimeUnit.MINUTES);
                }
            }
            proxy.fail(0);
            proxy.staleListings(0);
            System.out.printf(
                    "faults: seed %d, %s, %d records%n",
                    SEED, happened, sent.stream().mapToInt(Map::size).sum());
            eventually(() -> http.send("POST", "/v1/admin/seal").statusCode() == 200);
            assertServes(server, http);
            assertThat(server.terminate().exitCode()).isZero();
        }
        assertThat(findings()).doesNotContain("missing", "damaged", "unexpected", "unreadable");
        try (AnnalsProcess server = start(s3.endpoint(), busy());
                Http http = new Http(server)) {
            assertServes(server, http);
            eventually(() -> findings().isEmpty());
            assertServes(server, http);
        }
    }

    @Test
    void aServerWhoseStoreIsAwayGoesOnHotUntilItsBoundAndRecovers() throws Exception {
        try (AnnalsProcess server =
                        start(
                                proxy.endpoint(),
                                List.of(
                                        "annals.archive.s3.max.attempts=2",
                                        "annals.archive.interval.ms=200",
                                        "log.cleaner.backoff.ms=300",
                                        "annals.wal.max.bytes=8388608",
                                        "annals.wal.throttle.max.ms=20",
                                        "log.segment.bytes=1048576",
                                        "log.roll.ms=300"));
                Http http = new Http(server)) {
            createTopics(server);
            produceUntilRefused(server, 50);
            http.seal();
            long archived = sent.getFirst().size();
            proxy.away(true);

            produceUntilRefused(server, 5_000);
            assertThat(sent.getFirst().size()).isBetween((int) archived + 20, 4_000);
            try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
                assertReads(consumer, 0, archived, sent.getFirst().size());
            }
            HttpResponse<String> cold =
                    http.send("GET", "/v1/topics/kept/partitions/0/records?offset=0");
            assertThat(cold.statusCode()).isGreaterThanOrEqualTo(500);
            assertThat(cold.body()).contains("segments/");
            HttpResponse<String> ready = http.send("GET", "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("hot tier is full").contains("warnings");
            assertThat(metric(http, "annals_archiver_failures")).isPositive();
            assertThat(metric(http, "annals_wal_unarchived_bytes"))
                    .isGreaterThan(metric(http, "annals_wal_max_bytes") * 3 / 4);

            proxy.away(false);
            eventually(() -> {
                int before = sent.getFirst().size();
                produceUntilRefused(server, 20);
                return sent.getFirst().size() >= before + 20;
            });
            goesOnWhileItsKeysAreRefused(server, http);
            eventually(() -> http.send("POST", "/v1/admin/seal").statusCode() == 200);
            try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
                assertReads(consumer, 0, 0, sent.getFirst().size());
            }
            eventually(() -> metric(http, "annals_wal_unarchived_bytes") == 0);
            eventually(() -> {
                HttpResponse<String> well = http.send("GET", "/health/ready");
                return well.statusCode() == 200 && !well.body().contains("warnings");
            });
            server.kill();
        }
        try (AnnalsProcess server = start("another-machine", s3.endpoint(), List.of());
                KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            assertReads(consumer, 0, 0, sent.getFirst().size());
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
            int before = sent.getFirst().size();
            produceUntilRefused(server, 20);
            assertThat(sent.getFirst()).hasSize(before + 20);
            eventually(() -> http.send("GET", "/health/ready").body().contains(refusal.getValue()));
        }
        proxy.letIn();
    }

    /// A busy machine takes longer for it.
    private boolean muchHappened(Http http) throws Exception {
        happened.clear();
        for (FaultyS3Proxy.Fault fault : FaultyS3Proxy.Fault.values()) {
            happened.put(fault.name(), (long) proxy.injected().getOrDefault(fault, 0));
        }
        happened.put("lost answers to writes", proxy.lostPuts());
        happened.put("stale listings", proxy.staleListings());
        happened.put("merges", metric(http, "annals_upkeep_merges_total"));
        happened.put("retired", metric(http, "annals_upkeep_retired_segments_total"));
        return happened.values().stream().allMatch(count -> count > 0);
    }

    /// Small, short and hasty, so that much happens in little time.
    private static List<String> busy() {
        return List.of(
                "log.segment.bytes=1048576",
                "log.roll.ms=400",
                "annals.archive.interval.ms=200",
                "annals.archive.s3.max.attempts=2",
                "annals.archive.cache.chunk.bytes=1048576",
                "annals.archive.cache.tail.bytes=1048576",
                "annals.search.readers=2",
                "log.cleaner.backoff.ms=300",
                "log.retention.check.interval.ms=500",
                "annals.merge.factor=3",
                "annals.sweep.interval.ms=1000",
                "annals.sweep.grace.ms=3000",
                "annals.sweep.replaced.grace.ms=1000",
                "annals.registry.history.ms=0");
    }

    private AnnalsProcess start(URI endpoint, List<String> more) throws Exception {
        return start("data", endpoint, more);
    }

    private AnnalsProcess start(String data, URI endpoint, List<String> more) throws Exception {
        List<String> settings = new ArrayList<>(archive(endpoint));
        settings.addAll(more);
        return AnnalsProcess.start(folder.resolve(data), settings.toArray(String[]::new));
    }

    private List<String> archive(URI endpoint) {
        return List.of(
                "annals.archive.store=s3",
                "annals.archive.s3.bucket=" + bucket.bucket(),
                "annals.archive.s3.endpoint=" + endpoint,
                "annals.archive.s3.path.style=true",
                "annals.archive.s3.access.key.id=" + S3TestServer.CREDENTIALS.accessKeyId(),
                "annals.archive.s3.secret.access.key="
                        + S3TestServer.CREDENTIALS.secretAccessKey());
    }

    private static void createTopics(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            NewTopic brief =
                    new NewTopic(BRIEF, 1, (short) 1).configs(Map.of("retention.ms", "2000"));
            admin.createTopics(List.of(new NewTopic(KEPT, PARTITIONS, (short) 1), brief))
                    .all()
                    .get();
        }
    }

    private static String value(int partition, long number) {
        return "order %d %d ".formatted(partition, number) + "x".repeat((int) (number % 400));
    }

    private Void produce(AnnalsProcess server, String topic, boolean noted) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of("linger.ms", "2"))) {
            for (long number = 0; !stopped.get(); number++) {
                int partition = noted ? (int) (number % PARTITIONS) : 0;
                String value = value(partition, number);
                producer.send(
                        new ProducerRecord<>(topic, partition, null, utf8(value)),
                        (metadata, failure) -> {
                            if (failure == null && noted) {
                                sent.get(partition).put(metadata.offset(), value);
                            }
                        });
                if (number % 20 == 0) {
                    Thread.sleep(10);
                }
            }
        }
        return null;
    }

    /// From random places on, with caches that hold next to nothing.
    private Void consume(AnnalsProcess server) {
        Random random = new Random(SEED);
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            while (!stopped.get()) {
                int partition = random.nextInt(PARTITIONS);
                int end = sent.get(partition).size();
                if (end > 0) {
                    int from = random.nextInt(end);
                    assertReads(consumer, partition, from, Math.min(end, from + 500));
                }
            }
        }
        return null;
    }

    private void assertReads(
            KafkaConsumer<byte[], byte[]> consumer, int partition, long from, long to) {
        TopicPartition one = new TopicPartition(KEPT, partition);
        consumer.assign(List.of(one));
        consumer.seek(one, from);
        long next = from;
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (next < to) {
            assertThat(System.nanoTime())
                    .describedAs("seed %d: %s stands still at %d of %d", SEED, one, next, to)
                    .isLessThan(deadline);
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                assertThat(record.offset()).isEqualTo(next++);
                String expected = sent.get(partition).get(record.offset());
                if (expected != null) { // its acknowledgement may be on its way
                    assertThat(text(record.value()))
                            .describedAs("seed %d", SEED)
                            .isEqualTo(expected);
                }
            }
        }
    }

    /// What is found is what was sent; what could not be searched is said.
    private Void search(Http http) throws Exception {
        while (!stopped.get()) {
            HttpResponse<String> answer =
                    http.send("GET", "/v1/topics/kept/search?q=order&limit=50");
            if (answer.statusCode() == 200) {
                for (JsonNode hit : Http.parse(answer).path("hits")) {
                    String expected =
                            sent.get(hit.path("partition").asInt())
                                    .get(hit.path("offset").asLong());
                    assertThat(hit.path("value").asText())
                            .describedAs("seed %d", SEED)
                            .isEqualTo(expected == null ? hit.path("value").asText() : expected);
                }
            } else {
                assertThat(answer.statusCode()).isGreaterThanOrEqualTo(500);
            }
            Thread.sleep(50);
        }
        return null;
    }

    private void assertServes(AnnalsProcess server, Http http) throws Exception {
        long records = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Map<Long, String> expected = sent.get(partition);
            List<ConsumerRecord<byte[], byte[]>> read =
                    Consumed.all(server.kafka(), new TopicPartition(KEPT, partition));
            assertThat(read).describedAs("seed %d", SEED).hasSize(expected.size());
            for (ConsumerRecord<byte[], byte[]> record : read) {
                assertThat(text(record.value())).isEqualTo(expected.get(record.offset()));
            }
            records += expected.size();
        }
        JsonNode found = http.search(KEPT, "order", "require_complete=true&limit=1");
        assertThat(found.path("total").path("value").asLong()).isEqualTo(records);
        Consumed.all(server.kafka(), new TopicPartition(BRIEF, 0));
    }

    /// Kinds of what `verify` names, asked of the store itself.
    private List<String> findings() throws Exception {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "verify",
                                "--data-dir",
                                folder.resolve("nothing").toString(),
                                "--all-generations",
                                "--format",
                                "json"));
        archive(s3.endpoint()).forEach(one -> arguments.addAll(List.of("--set", one)));
        AnnalsProcess.Finished verified = AnnalsProcess.run(arguments.toArray(String[]::new));
        return Http.parseText(verified.stdout()).path("findings").findValuesAsText("kind");
    }

    /// Notes what is acknowledged.
    private void produceUntilRefused(AnnalsProcess server, int most) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(
                        server.kafka(),
                        Map.of("delivery.timeout.ms", "4000", "request.timeout.ms", "2000"))) {
            for (int i = 0; i < most; i++) {
                long number = sent.getFirst().size();
                String value = value(0, number) + "y".repeat(10_000);
                try {
                    long offset =
                            producer.send(new ProducerRecord<>(KEPT, 0, null, utf8(value)))
                                    .get()
                                    .offset();
                    sent.getFirst().put(offset, value);
                } catch (ExecutionException refused) {
                    assertThat(refused.getCause()).isInstanceOf(RetriableException.class);
                    return;
                }
            }
        }
    }

    private static long metric(Http http, String name) throws Exception {
        for (String line : http.send("GET", "/metrics").body().lines().toList()) {
            if (line.startsWith(name + " ")) {
                return (long) Double.parseDouble(line.substring(name.length() + 1));
            }
        }
        return 0;
    }

    private void eventually(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (!condition.call()) {
            assertThat(System.nanoTime())
                    .describedAs("seed %d, %s", SEED, happened)
                    .isLessThan(deadline);
            Thread.sleep(500);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
