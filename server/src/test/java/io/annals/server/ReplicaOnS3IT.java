package io.annals.server;

import static io.annals.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Replicas of a bucket whose writer merges, applies retention, and deletes records and topics.
class ReplicaOnS3IT {
    private static final String KEPT = "kept";
    private static final String BRIEF = "brief";
    private static final String TRIMMED = "trimmed";
    private static final String DOOMED = "doomed";

    @TempDir Path folder;
    private ArchiveOnS3 archive;

    /// Records of each topic so far.
    private int produced;

    @BeforeEach
    void startS3() throws Exception {
        archive = new ArchiveOnS3(folder);
    }

    @AfterEach
    void stopS3() throws Exception {
        archive.close();
    }

    /// One replica looks all the time, the other one only when what it knows is gone.
    @Test
    void followsMergesRetentionAndDeletionsAndAnswersWhereItsObjectsWereDeletedUnderIt()
            throws Exception {
        try (AnnalsProcess writer = startWriter();
                Http writing = new Http(writer)) {
            createTopics(writer);
            produceAndSeal(writer, writing);
            produceAndSeal(writer, writing);
            Set<String> first = referenced();
            try (AnnalsProcess following = archive.startReplica("following", 50);
                    Http reading = new Http(following);
                    AnnalsProcess sleeping = archive.startReplica("sleeping", 3_600_000);
                    Http dreaming = new Http(sleeping)) {
                first.addAll(referenced()); // there may have been a merge just now
                assertServesAll(following, reading);
                AtomicBoolean stopped = new AtomicBoolean();
                try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
                    List<Future<Void>> readers =
                            List.of(
                                    threads.submit(() -> search(reading, stopped)),
                                    threads.submit(() -> consume(following, stopped)));
                    try {
                        deleteSome(writer);
                        for (int i = 0; i < 4; i++) {
                            produceAndSeal(writer, writing);
                        }
                        sweep(first);
                    } finally {
                        stopped.set(true);
                    }
                    for (Future<Void> reader : readers) {
                        reader.get();
                    }
                }
                assertFollowed(following, reading);
                assertThat(generation(dreaming)).isLessThan(generation(reading));
                assertFollowed(sleeping, dreaming);
                assertFollowed(writer, writing);
            }
            assertANewTopicOfTheNameIsEmpty(writer, writing);
        }
    }

    private static TopicPartition partition(String topic) {
        return new TopicPartition(topic, 0);
    }

    private void deleteSome(AnnalsProcess writer) throws Exception {
        try (Admin admin = KafkaClients.admin(writer.kafka())) {
            admin.deleteTopics(List.of(DOOMED)).all().get();
            admin.deleteRecords(Map.of(partition(TRIMMED), RecordsToDelete.beforeOffset(70)))
                    .all()
                    .get();
        }
    }

    private void assertServesAll(AnnalsProcess replica, Http http) throws Exception {
        for (String topic : List.of(KEPT, TRIMMED, DOOMED)) {
            assertThat(Consumed.all(replica.kafka(), new TopicPartition(topic, 0)))
                    .hasSize(produced);
        }
        assertThat(total(http)).isEqualTo(produced);
    }

    /// Whole, and without what was deleted; the first question may be the one that finds out.
    private void assertFollowed(AnnalsProcess replica, Http http) throws Exception {
        JsonNode found = http.search(KEPT, "order", "require_complete=true&limit=50");
        assertThat(found.path("total").path("value").asInt()).isEqualTo(produced);
        assertThat(found.path("hits")).hasSize(50);
        assertThat(http.send("GET", "/v1/topics/doomed/search?q=order").statusCode())
                .isEqualTo(404);
        JsonNode trimmed = http.search(TRIMMED, "order", "require_complete=true&limit=1000");
        assertThat(trimmed.path("hits").findValuesAsText("offset"))
                .hasSize(produced - 70)
                .allSatisfy(
                        offset -> assertThat(Long.parseLong(offset)).isGreaterThanOrEqualTo(70));
        assertThat(Consumed.all(replica.kafka(), partition(KEPT)))
                .hasSize(produced)
                .allSatisfy(r -> assertThat(text(r.value())).isEqualTo(value(r.offset())));
        assertThat(Consumed.all(replica.kafka(), partition(TRIMMED))).hasSize(produced - 70);
        assertThat(Consumed.all(replica.kafka(), partition(BRIEF)).size()).isLessThan(produced);
        try (Admin admin = KafkaClients.admin(replica.kafka());
                KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(replica.kafka())) {
            assertThatThrownBy(() -> admin.describeTopics(List.of(DOOMED)).allTopicNames().get())
                    .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
            TopicPartition trimmedPartition = partition(TRIMMED);
            consumer.assign(List.of(trimmedPartition));
            consumer.seek(trimmedPartition, 69);
            assertThatThrownBy(() -> consumer.poll(Duration.ofSeconds(10)))
                    .isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    private static void assertANewTopicOfTheNameIsEmpty(AnnalsProcess writer, Http writing)
            throws Exception {
        try (Admin admin = KafkaClients.admin(writer.kafka())) {
            admin.createTopics(List.of(new NewTopic(DOOMED, 1, (short) 1))).all().get();
        }
        assertThat(Consumed.all(writer.kafka(), partition(DOOMED))).isEmpty();
        JsonNode found = writing.search(DOOMED, "order", "require_complete=true&limit=1");
        assertThat(found.path("total").path("value").asInt()).isZero();
    }

    /// Every answer is whole: as many as its coverage has offsets.
    private Void search(Http http, AtomicBoolean stopped) throws Exception {
        long before = 0;
        while (!stopped.get()) {
            JsonNode found = http.search(KEPT, "order", "require_complete=true&limit=3");
            long total = found.path("total").path("value").asLong();
            long covered = 0;
            for (JsonNode partition : found.path("coverage").path("partitions")) {
                covered += partition.path("to").asLong() - partition.path("from").asLong();
            }
            assertThat(total).isEqualTo(covered).isGreaterThanOrEqualTo(before);
            before = total;
        }
        return null;
    }

    private Void consume(AnnalsProcess replica, AtomicBoolean stopped) {
        while (!stopped.get()) {
            Consumed.forEach(
                    replica.kafka(),
                    partition(KEPT),
                    record -> assertThat(text(record.value())).isEqualTo(value(record.offset())));
        }
        return null;
    }

    private static int total(Http http) throws Exception {
        return http.search(KEPT, "order", "require_complete=true&limit=1")
                .path("total")
                .path("value")
                .asInt();
    }

    private static double generation(Http http) throws Exception {
        return http.send("GET", "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("annals_registry_generation "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    /// What the newest generation refers to.
    private Set<String> referenced() throws Exception {
        Set<String> objects = new HashSet<>();
        try (S3ObjectStore store = archive.store()) {
            RegistrySnapshot newest = DurableRegistry.newest(new ObjectRegistryStore(store));
            for (TopicMetadata topic : newest.topics()) {
                newest.segments(topic.id()).forEach(s -> objects.add(s.object().key()));
                newest.splits(topic.id()).forEach(s -> objects.add(s.object().key()));
            }
        }
        return objects;
    }

    /// Deletes these objects when none of them is needed any more, as the sweep does when no kept
    /// generation does.
    private void sweep(Set<String> objects) throws Exception {
        eventually(() -> Collections.disjoint(objects, referenced()));
        try (S3ObjectStore store = archive.store()) {
            for (String object : objects) {
                store.delete(object);
            }
        }
    }

    private AnnalsProcess startWriter() throws Exception {
        return archive.start(
                "writer",
                "log.segment.bytes=1048576",
                "annals.archive.interval.ms=200",
                "log.cleaner.backoff.ms=200",
                "log.retention.check.interval.ms=300",
                "annals.merge.factor=2");
    }

    private static void createTopics(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(KEPT, 1, (short) 1),
                                    new NewTopic(TRIMMED, 1, (short) 1),
                                    new NewTopic(DOOMED, 1, (short) 1),
                                    new NewTopic(BRIEF, 1, (short) 1)
                                            .configs(Map.of("retention.ms", "1000"))))
                    .all()
                    .get();
        }
    }

    private void produceAndSeal(AnnalsProcess writer, Http writing) throws Exception {
        boolean doomed = produced < 100;
        for (String topic : List.of(KEPT, TRIMMED, BRIEF)) {
            produce(writer, topic, 50);
        }
        if (doomed) {
            produce(writer, DOOMED, 50);
        }
        produced += 50;
        writing.seal();
    }

    private void produce(AnnalsProcess server, String topic, int records) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = produced; i < produced + records; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, utf8(value(i))));
            }
        }
    }

    private static String value(long number) {
        return "order " + number;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
