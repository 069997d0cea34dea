package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Groups and their offsets outlive the server and its disk.
@Timeout(180)
class GroupsIT {
    private static final Logger logger = LoggerFactory.getLogger(GroupsIT.class);
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 4;
    private static final String NO_DELAY = "group.initial.rebalance.delay.ms=0";

    @TempDir private Path folder;

    @BeforeAll
    static void showFigures() {
        StderrLogging.use("info", false);
    }

    static KafkaConsumer<byte[], byte[]> member(
            String bootstrap, String protocol, String group, Map<String, Object> settings) {
        Map<String, Object> config = new HashMap<>(settings);
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return new KafkaConsumer<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void create(AnnalsProcess server, String topic, int partitions)
            throws ExecutionException, InterruptedException {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
    }

    private static void produce(AnnalsProcess server, int from, int to) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = from; i < to; i++) {
                producer.send(new ProducerRecord<>(TOPIC, i % PARTITIONS, null, new byte[10]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void noAcknowledgedCommitIsLostToAKillAndMembersGoOnAfterwards(String protocol)
            throws Exception {
        AnnalsProcess.Ports ports = AnnalsProcess.Ports.reserve();
        Map<TopicPartition, Long> acknowledged = new ConcurrentHashMap<>();
        Set<Map.Entry<TopicPartition, Long>> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean ended = new AtomicBoolean();
        AnnalsProcess server = AnnalsProcess.start(folder, ports, NO_DELAY);
        try {
            create(server, TOPIC, PARTITIONS);
            produce(server, 0, 20_000);
            String bootstrap = server.kafka();
            Thread member =
                    Thread.ofPlatform()
                            .start(() -> consume(bootstrap, protocol, acknowledged, seen, ended));
            while (seen.size() < 5_000) {
                Thread.sleep(20);
            }
            Map<TopicPartition, Long> before = new HashMap<>(acknowledged);
            server.kill();
            server.close();
            server = AnnalsProcess.start(folder, ports, NO_DELAY);
            try (Admin admin = KafkaClients.admin(server.kafka())) {
                Map<TopicPartition, Long> committed = new HashMap<>();
                admin.listConsumerGroupOffsets("g")
                        .partitionsToOffsetAndMetadata()
                        .get()
                        .forEach((partition, offset) -> committed.put(partition, offset.offset()));
                before.forEach((partition, offset) ->
                        assertThat(committed.getOrDefault(partition, -1L))
                                .describedAs("%s of %s", partition, committed)
                                .isGreaterThanOrEqualTo(offset));
            }
            produce(server, 20_000, 24_000);
            while (seen.size() < 24_000) {
                Thread.sleep(50);
            }
            ended.set(true);
            member.join();
        } finally {
            ended.set(true);
            server.close();
        }
    }

    private static void consume(
            String bootstrap,
            String protocol,
            Map<TopicPartition, Long> acknowledged,
            Set<Map.Entry<TopicPartition, Long>> seen,
            AtomicBoolean ended) {
        Map<String, Object> small = Map.of(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 100);
        try (KafkaConsumer<byte[], byte[]> consumer = member(bootstrap, protocol, "g", small)) {
            consumer.subscribe(List.of(TOPIC));
            while (!ended.get()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                    seen.add(
                            Map.entry(
                                    new TopicPartition(TOPIC, record.partition()),
                                    record.offset()));
                }
                commit(consumer, acknowledged);
            }
        }
    }

    private static void commit(
            KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> acknowledged) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        consumer.assignment()
                .forEach(partition ->
                        positions.put(
                                partition,
                                new OffsetAndMetadata(
                                        consumer.position(partition, Duration.ofSeconds(30)))));
        try {
            consumer.commitSync(positions, Duration.ofSeconds(30));
            positions.forEach((partition, offset) -> acknowledged.put(partition, offset.offset()));
        } catch (KafkaException rebalanced) {
            logger.info("not committed: {}", rebalanced.toString());
        }
    }

    @Test
    void offsetsComeBackFromTheArchiveWhenTheDiskIsLost() throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed =
                Map.of(new TopicPartition(TOPIC, 2), new OffsetAndMetadata(17, "a note"));
        try (AnnalsProcess server = AnnalsProcess.start(folder, NO_DELAY)) {
            create(server, TOPIC, PARTITIONS);
            produce(server, 0, 400);
            try (Admin admin = KafkaClients.admin(server.kafka())) {
                admin.alterConsumerGroupOffsets("g", committed).all().get();
            }
            new Http(server).seal();
            server.kill();
        }
        delete(folder.resolve("wal"));
        delete(folder.resolve("live"));
        try (AnnalsProcess server = AnnalsProcess.start(folder, NO_DELAY);
                Admin admin = KafkaClients.admin(server.kafka())) {
            Map<TopicPartition, OffsetAndMetadata> found =
                    admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get();
            assertThat(found).isEqualTo(committed);
            try (KafkaConsumer<byte[], byte[]> consumer =
                    member(server.kafka(), "consumer", "g", Map.of())) {
                consumer.subscribe(List.of(TOPIC));
                int records = 0;
                while (records < 400 - 17) {
                    records += consumer.poll(Duration.ofMillis(200)).count();
                }
                consumer.commitSync();
                Http http = new Http(server);
                String coordinator = "annals_group_coordinator_";
                assertThat(http.metric(coordinator + "num_partitions{state=\"active\"}"))
                        .isEqualTo(50);
                assertThat(http.metric(coordinator + "offset_commit_count_total")).isPositive();
                assertThat(http.metric(coordinator + "offset_count")).isEqualTo(PARTITIONS);
            }
        }
    }

    @Test
    void ofManyCommitsOnlyWhatTheyLeftIsLoadedThoughTheHotTierHasThemAll() throws Exception {
        String[] settings = {
            NO_DELAY,
            "log.cleaner.backoff.ms=200",
            "log.roll.ms=600000",
            "annals.wal.keep.ratio=0.5",
            "annals.wal.max.bytes=268435456" // half of it must be free on the disk
        };
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        String note = "x".repeat(4_000);
        int commits = 400;
        try (AnnalsProcess server = AnnalsProcess.start(folder, settings);
                Http http = new Http(server)) {
            create(server, TOPIC, PARTITIONS);
            produce(server, 0, 100); // its topic keeps all of the segment in the hot tier
            try (KafkaConsumer<byte[], byte[]> consumer =
                    member(server.kafka(), "classic", "g", Map.of())) {
                consumer.assign(List.of(partition));
                for (int i = 1; i < commits; i++) {
                    consumer.commitAsync(Map.of(partition, committed(i, note)), null);
                }
                consumer.commitSync(Map.of(partition, committed(commits, note)));
            }
            http.seal();
            long left = archivedCommits(http);
            while (left == 0 || left > 2) {
                Thread.sleep(100);
                left = archivedCommits(http);
            }
            assertThat(http.metric("annals_wal_kept_bytes"))
                    .isGreaterThan((long) commits * note.length());
            server.kill();
        }
        try (AnnalsProcess server = AnnalsProcess.start(folder, settings);
                Admin admin = KafkaClients.admin(server.kafka())) {
            assertThat(admin.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get())
                    .isEqualTo(Map.of(partition, committed(commits, note)));
            assertThat(server.stderr()).containsPattern("groups loaded: [12] records");
        }
    }

    private static OffsetAndMetadata committed(long offset, String note) {
        return new OffsetAndMetadata(offset, note);
    }

    private static long archivedCommits(Http http) throws Exception {
        long records = 0;
        for (JsonNode segment :
                http.get("/v1/segments?topic=__consumer_offsets").path("segments")) {
            for (JsonNode range : segment.path("ranges")) {
                records += range.path("records").asLong();
            }
        }
        return records;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aHundredThousandOffsetsComeBackAfterAKill() throws Exception {
        int groups = 100;
        int partitions = 1_000;
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int i = 0; i < partitions; i++) {
            offsets.put(new TopicPartition(TOPIC, i), new OffsetAndMetadata(i));
        }
        Map<String, ListConsumerGroupOffsetsSpec> all = new HashMap<>();
        try (AnnalsProcess server = AnnalsProcess.start(folder, NO_DELAY)) {
            create(server, TOPIC, partitions);
            try (Admin admin = KafkaClients.admin(server.kafka())) {
                for (int i = 0; i < groups; i++) {
                    admin.alterConsumerGroupOffsets("g" + i, offsets).all().get();
                    all.put("g" + i, new ListConsumerGroupOffsetsSpec());
                }
            }
            server.kill();
        }
        long killed = System.nanoTime();
        try (AnnalsProcess server = AnnalsProcess.start(folder, NO_DELAY)) {
            long ready = System.nanoTime();
            try (Admin admin = KafkaClients.admin(server.kafka())) {
                Map<String, Map<TopicPartition, OffsetAndMetadata>> found =
                        admin.listConsumerGroupOffsets(all).all().get();
                long back = System.nanoTime();
                assertThat(found).hasSize(groups);
                assertThat(found.values()).allSatisfy(one -> assertThat(one).isEqualTo(offsets));
                logger.info(
                        "100,000 offsets: {} ms after ready, {} ms after the start; the server: {}",
                        Duration.ofNanos(back - ready).toMillis(),
                        Duration.ofNanos(back - killed).toMillis(),
                        server.stderr().lines().filter(l -> l.contains("groups loaded")).toList());
            }
        }
    }
}
