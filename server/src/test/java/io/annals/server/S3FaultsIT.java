package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.annals.archive.s3.FaultyS3Proxy;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole server on an S3 store that fails one request in ten.
///
/// `-Dannals.faults.seconds=N` makes it take longer, `-Dannals.faults.seed=N` replays it.
class S3FaultsIT {
    private static final int SECONDS = Integer.getInteger("annals.faults.seconds", 12);
    private static final long SEED = Long.getLong("annals.faults.seed", 20261121);
    private static final double SHARE = 0.1;
    private static final int PARTITIONS = 2;
    private static final String KEPT = "kept";
    private static final String BRIEF = "brief";
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir Path folder;
    private ArchiveOnS3 archive;
    private FaultyS3Proxy proxy;
    private final Acknowledged acknowledged = new Acknowledged(KEPT, PARTITIONS, "seed " + SEED);
    private final AtomicBoolean stopped = new AtomicBoolean();

    /// What went wrong and what was done meanwhile, how often.
    private final Map<String, Long> happened = new LinkedHashMap<>();

    /// What is still to be swept.
    private JsonNode leftovers = MissingNode.getInstance();

    @BeforeEach
    void startS3() throws Exception {
        archive = new ArchiveOnS3(folder);
        proxy = new FaultyS3Proxy(archive.endpoint(), SEED);
    }

    @AfterEach
    void stopS3() throws Exception {
        proxy.close();
        archive.close();
    }

    @Test
    void nothingIsLostOrWrongWhileOneRequestInTenFailsAndLeftoversAreSwept() throws Exception {
        try (AnnalsProcess server = start(proxy.endpoint());
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
                    "faults: seed %d, %s, %d records%n", SEED, happened, acknowledged.records());
            eventually(() -> http.send("POST", "/v1/admin/seal").statusCode() == 200);
            assertServes(server, http);
            assertThat(server.terminate().exitCode()).isZero();
        }
        assertThat(findings().findValuesAsText("kind"))
                .doesNotContain("missing", "damaged", "unexpected", "unreadable");
        try (AnnalsProcess server = start(archive.endpoint());
                Http http = new Http(server)) {
            assertServes(server, http);
            eventually(() -> {
                leftovers = findings();
                return leftovers.isEmpty();
            });
            assertServes(server, http);
        }
    }

    /// A busy machine takes longer for it.
    private boolean muchHappened(Http http) throws Exception {
        happened.clear();
        for (FaultyS3Proxy.Fault fault : FaultyS3Proxy.Fault.values()) {
            happened.put(fault.name(), (long) proxy.injected().getOrDefault(fault, 0));
        }
        happened.put("lost answers to writes", proxy.lostPuts());
        happened.put("stale listings", proxy.staleListings());
        happened.put("retired", metric(http, "annals_upkeep_retired_segments_total"));
        boolean much = happened.values().stream().allMatch(count -> count > 0);
        // told, not waited for: a merge is many requests, and one fault puts it off
        happened.put("merges", metric(http, "annals_upkeep_merges_total"));
        return much;
    }

    /// Small, short and hasty, so that much happens in little time.
    private AnnalsProcess start(URI endpoint) throws Exception {
        return archive.start(
                "data",
                ArchiveOnS3.through(endpoint),
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
                        new ProducerRecord<>(
                                topic, partition, null, value.getBytes(StandardCharsets.UTF_8)),
                        (metadata, failure) -> {
                            if (failure == null && noted) {
                                acknowledged.note(partition, metadata.offset(), value);
                            }
                        });
                if (number % 5 == 0) {
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
                int end = acknowledged.records(partition);
                if (end > 0) {
                    int from = random.nextInt(end);
                    acknowledged.assertReads(consumer, partition, from, Math.min(end, from + 500));
                }
            }
        }
        return null;
    }

    /// What is found is what was sent; what could not be searched is said.
    private Void search(Http http) throws Exception {
        while (!stopped.get()) {
            HttpResponse<String> answer =
                    http.send("GET", "/v1/topics/kept/search?q=order&limit=50");
            if (answer.statusCode() == 200) {
                for (JsonNode hit : Http.parse(answer).path("hits")) {
                    acknowledged.assertSent(
                            hit.path("partition").asInt(),
                            hit.path("offset").asLong(),
                            hit.path("value").asText());
                }
            } else {
                assertThat(answer.statusCode()).isGreaterThanOrEqualTo(500);
            }
            Thread.sleep(50);
        }
        return null;
    }

    private void assertServes(AnnalsProcess server, Http http) throws Exception {
        acknowledged.assertConsumed(server.kafka());
        JsonNode found = http.search(KEPT, "order", "require_complete=true&limit=1");
        assertThat(found.path("total").path("value").asInt()).isEqualTo(acknowledged.records());
        try {
            Consumed.all(server.kafka(), new TopicPartition(BRIEF, 0));
        } catch (AssertionError e) {
            throw new AssertionError("seed %d, verify says %s".formatted(SEED, findings()), e);
        }
    }

    /// What `verify` names, asked of the store itself.
    private JsonNode findings() throws Exception {
        AnnalsProcess.Finished verified =
                archive.run(List.of("verify", "--all-generations", "--format", "json"), "nothing");
        return Http.parseText(verified.stdout()).path("findings");
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
        Eventually.eventually(
                PATIENCE, () -> "seed %d, %s, %s".formatted(SEED, happened, leftovers), condition);
    }
}
