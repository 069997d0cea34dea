package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stock producers write with every codec while segments are sealed every other second and the
/// server is killed at random moments. In the end what can be consumed and what can be searched is
/// exactly what was acknowledged (ANNALS-1, ANNALS-3).
///
/// Runs for about half a minute; `-Dannals.soak.minutes=30` makes it half an hour, and
/// `-Dannals.soak.seed=N` repeats the choices of an earlier run.
class SoakIT {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final int PARTITIONS = 3;
    private static final int RECORDS_PER_BURST = 40;
    private static final int SECONDS_PER_MINUTE = 60;

    @TempDir Path folder;

    /// What the server acknowledged: the test's own memory of it, kept outside of the server.
    private final Map<TopicPartition, ConcurrentSkipListMap<Long, SentRecord>> acknowledged =
            new ConcurrentHashMap<>();

    private final AtomicReference<Optional<Exception>> refused =
            new AtomicReference<>(Optional.empty());
    private final AtomicBoolean producing = new AtomicBoolean(true);

    @Test
    void whatIsConsumedAndFoundIsWhatWasAcknowledgedHoweverOftenTheServerIsKilled()
            throws Exception {
        long seed = Long.getLong("annals.soak.seed", System.nanoTime());
        Duration duration =
                Duration.ofSeconds(
                        Math.round(
                                SECONDS_PER_MINUTE
                                        * Double.parseDouble(
                                                System.getProperty("annals.soak.minutes", "0.5"))));
        System.out.printf("soak: seed %d, %s%n", seed, duration);
        AnnalsProcess.Ports ports = AnnalsProcess.Ports.reserve();
        AnnalsProcess server = start(ports);
        try {
            createTopics(server);
            List<Thread> producers = startProducers(server.kafka(), seed);
            server = killAndRestart(server, ports, new Random(seed), duration);
            producing.set(false);
            for (Thread producer : producers) {
                producer.join();
            }
            verify(server);
            assertThat(server.terminate().exitCode()).isZero();
            AnnalsProcess.Finished verified =
                    AnnalsProcess.run("verify", "--data-dir", folder.toString());
            assertThat(verified.exitCode()).describedAs(verified.stdout()).isZero();
        } finally {
            server.close();
        }
    }

    private AnnalsProcess start(AnnalsProcess.Ports ports) throws Exception {
        return AnnalsProcess.start(folder, ports, "log.segment.bytes=1048576", "log.roll.ms=2000");
    }

    private static void createTopics(AnnalsProcess server) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        CODECS.forEach(codec -> topics.add(new NewTopic(topic(codec), PARTITIONS, (short) 1)));
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(topics).all().get();
        }
    }

    private static String topic(String codec) {
        return "soak-" + codec;
    }

    private List<Thread> startProducers(String bootstrap, long seed) {
        List<Thread> producers = new ArrayList<>();
        for (String codec : CODECS) {
            Random random = new Random(seed + codec.hashCode());
            producers.add(
                    Thread.ofPlatform()
                            .name("produce-" + codec)
                            .start(() -> produce(bootstrap, codec, random)));
        }
        return producers;
    }

    /// Sends bursts until told to stop, then waits for the last answer.
    private void produce(String bootstrap, String codec, Random random) {
        Map<String, String> config =
                Map.of(
                        "compression.type", codec,
                        "linger.ms", "5",
                        "reconnect.backoff.max.ms", "200",
                        "request.timeout.ms", "5000",
                        "delivery.timeout.ms", "600000");
        try (KafkaProducer<byte[], byte[]> producer = KafkaClients.producer(bootstrap, config)) {
            long timestampMs = 1_700_000_000_000L;
            while (producing.get() && refused.get().isEmpty()) {
                for (int i = 0; i < RECORDS_PER_BURST; i++) {
                    send(
                            producer,
                            SentRecord.random(
                                    random,
                                    topic(codec),
                                    random.nextInt(PARTITIONS),
                                    timestampMs++));
                }
                Thread.sleep(random.nextInt(60));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        producer.send(
                record,
                (metadata, failure) -> {
                    if (failure != null) {
                        refused.set(Optional.of(failure));
                        return;
                    }
                    SentRecord twice =
                            acknowledged
                                    .computeIfAbsent(
                                            new TopicPartition(
                                                    metadata.topic(), metadata.partition()),
                                            _ -> new ConcurrentSkipListMap<>())
                                    .put(metadata.offset(), SentRecord.of(record));
                    if (twice != null) {
                        refused.set(
                                Optional.of(new IllegalStateException("given twice: " + metadata)));
                    }
                });
    }

    private AnnalsProcess killAndRestart(
            AnnalsProcess first, AnnalsProcess.Ports ports, Random random, Duration duration)
            throws Exception {
        AnnalsProcess server = first;
        long end = System.nanoTime() + duration.toNanos();
        int kills = 0;
        while (System.nanoTime() < end) {
            Thread.sleep(1_000 + random.nextInt(7_000));
            assertThat(server.isAlive()).describedAs(server.stderr()).isTrue();
            server.kill();
            server.close();
            server = start(ports);
            kills++;
        }
        System.out.printf("soak: killed %d times%n", kills);
        return server;
    }

    private void verify(AnnalsProcess server) throws Exception {
        assertThat(refused.get()).describedAs(server.stderr()).isEmpty();
        assertThat(acknowledged).hasSize(CODECS.size() * PARTITIONS);
        long records = 0;
        try (Http http = new Http(server)) {
            for (Map.Entry<TopicPartition, ConcurrentSkipListMap<Long, SentRecord>> entry :
                    acknowledged.entrySet()) {
                TopicPartition partition = entry.getKey();
                TreeMap<Long, SentRecord> consumed = new TreeMap<>();
                Consumed.forEach(
                        server.kafka(),
                        partition,
                        record -> consumed.put(record.offset(), SentRecord.of(record)));
                assertThat(consumed)
                        .describedAs("consumed from %s", partition)
                        .isEqualTo(entry.getValue());
                assertThat(found(http, partition, consumed.lastKey()))
                        .describedAs("found in %s", partition)
                        .isEqualTo(consumed.size());
                records += consumed.size();
            }
        }
        System.out.printf("soak: %d records acknowledged, consumed and found%n", records);
    }

    private static long found(Http http, TopicPartition partition, long lastOffset)
            throws Exception {
        JsonNode answer =
                http.search(
                        partition.topic(),
                        "*",
                        "partition=%d&limit=1&require_complete=true&min_offset=%d:%d&timeout_ms=30000"
                                .formatted(
                                        partition.partition(), partition.partition(), lastOffset));
        assertThat(answer.path("total").path("relation").asText()).isEqualTo("eq");
        return answer.path("total").path("value").asLong();
    }
}
