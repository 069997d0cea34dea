package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3TestServer;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.PolicyViolationException;
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
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path folder;
    private S3TestServer s3;
    private S3Settings bucket;

    /// Records of each topic so far.
    private int produced;

    @BeforeEach
    void startS3() throws Exception {
        s3 = new S3TestServer();
        bucket = s3.newBucket();
    }

    @AfterEach
    void stopS3() throws Exception {
        s3.close();
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
            try (AnnalsProcess following = startReplica("following", 50);
                    Http reading = new Http(following);
                    AnnalsProcess sleeping = startReplica("sleeping", 3_600_000);
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
            }
        }
    }

    @Test
    void recordsOfAnOpenTransactionAreForThoseWhoReadUncommitted() throws Exception {
        try (AnnalsProcess writer = startWriter();
                Http writing = new Http(writer);
                KafkaProducer<byte[], byte[]> producer = transactional(writer)) {
            createTopics(writer);
            producer.initTransactions();
            transaction(producer, 5);
            producer.commitTransaction(); // 0 to 5
            transaction(producer, 3);
            producer.abortTransaction(); // 6 to 9
            transaction(producer, 4); // 10 to 13
            writing.seal();
            produce(writer, KEPT, 2); // 14, 15
            writing.seal();
            try (AnnalsProcess replica = startReplica("replica", 50);
                    Http reading = new Http(replica)) {
                assertThat(offsets(replica, IsolationLevel.READ_COMMITTED))
                        .containsExactly(0L, 1L, 2L, 3L, 4L);
                assertThat(offsets(replica, IsolationLevel.READ_UNCOMMITTED))
                        .hasSize(5 + 3 + 4 + 2)
                        .contains(6L, 10L, 15L);
                assertThat(total(reading)).isEqualTo(5);

                producer.commitTransaction(); // 16
                writing.seal();
                eventually(() -> endOffset(replica, IsolationLevel.READ_COMMITTED) == 17);
                assertThat(offsets(replica, IsolationLevel.READ_COMMITTED))
                        .containsExactly(0L, 1L, 2L, 3L, 4L, 10L, 11L, 12L, 13L, 14L, 15L);
                assertThat(total(reading)).isEqualTo(11);
            }
        }
    }

    @Test
    void groupsAndTransactionsAreDescribedAsTheyWereArchived() throws Exception {
        try (AnnalsProcess writer = startWriter();
                Http writing = new Http(writer);
                KafkaProducer<byte[], byte[]> producer = transactional(writer)) {
            createTopics(writer);
            producer.initTransactions();
            transaction(producer, 2);
            try (KafkaConsumer<byte[], byte[]> classic = member(writer, "classic");
                    KafkaConsumer<byte[], byte[]> modern = member(writer, "consumer");
                    AnnalsProcess replica = startReplica("replica", 50);
                    Admin admin = KafkaClients.admin(replica.kafka())) {
                assertThat(admin.listGroups().all().get()).isEmpty();
                assertThat(admin.listTransactions().all().get()).isEmpty();
                assertThatThrownBy(
                                () -> admin.describeConsumerGroups(List.of("classic")).all().get())
                        .hasCauseInstanceOf(GroupIdNotFoundException.class);
                writing.seal();

                eventually(() -> admin.listGroups().all().get().size() == 2);
                assertThat(admin.listGroups().all().get())
                        .extracting(GroupListing::groupId)
                        .containsExactlyInAnyOrder("classic", "consumer");
                for (String group : List.of("classic", "consumer")) {
                    eventually(() -> assignment(admin, group).equals(Set.of(partition(KEPT))));
                }
                eventually(() -> state(admin).equals(Optional.of(TransactionState.ONGOING)));
                assertThat(
                                admin.describeTransactions(List.of("orders-1"))
                                        .description("orders-1")
                                        .get()
                                        .topicPartitions())
                        .containsExactly(partition(KEPT));
                assertThat(
                                admin.describeProducers(List.of(partition(KEPT)))
                                        .partitionResult(partition(KEPT))
                                        .get()
                                        .activeProducers())
                        .singleElement()
                        .satisfies(active ->
                                assertThat(active.currentTransactionStartOffset()).hasValue(0));
                assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("classic")).all().get())
                        .hasCauseInstanceOf(PolicyViolationException.class);

                assertThat(modern.assignment()).containsExactly(partition(KEPT));
                classic.unsubscribe();
                producer.abortTransaction();
                writing.seal();
                eventually(() -> assignment(admin, "classic").isEmpty());
                eventually(() -> state(admin).equals(Optional.of(TransactionState.COMPLETE_ABORT)));
            }
        }
    }

    private static Set<TopicPartition> assignment(Admin admin, String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().values().stream()
                .flatMap(described -> described.members().stream())
                .flatMap(member -> member.assignment().topicPartitions().stream())
                .collect(Collectors.toSet());
    }

    private static Optional<TransactionState> state(Admin admin) throws Exception {
        return admin.listTransactions().all().get().stream()
                .filter(listed -> listed.transactionalId().equals("orders-1"))
                .map(TransactionListing::state)
                .findFirst();
    }

    /// In a group that is called like its protocol.
    private static KafkaConsumer<byte[], byte[]> member(AnnalsProcess server, String protocol)
            throws Exception {
        KafkaConsumer<byte[], byte[]> consumer =
                KafkaClients.consumer(
                        server.kafka(),
                        Map.of(
                                "group.id", protocol,
                                "group.protocol", protocol,
                                "auto.offset.reset", "earliest"));
        consumer.subscribe(List.of(KEPT));
        eventually(() -> {
            consumer.poll(Duration.ofMillis(100));
            return !consumer.assignment().isEmpty();
        });
        return consumer;
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

    private static List<Long> offsets(AnnalsProcess server, IsolationLevel isolation) {
        List<Long> offsets = new ArrayList<>();
        TopicPartition partition = partition(KEPT);
        try (KafkaConsumer<byte[], byte[]> consumer =
                KafkaClients.consumer(server.kafka(), isolation)) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            consumer.seek(partition, 0);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    offsets.add(record.offset());
                }
            }
        }
        return offsets;
    }

    private static long endOffset(AnnalsProcess server, IsolationLevel isolation) {
        TopicPartition partition = partition(KEPT);
        try (KafkaConsumer<byte[], byte[]> consumer =
                KafkaClients.consumer(server.kafka(), isolation)) {
            return consumer.endOffsets(List.of(partition)).getOrDefault(partition, -1L);
        }
    }

    /// What the newest generation refers to.
    private Set<String> referenced() throws Exception {
        Set<String> objects = new HashSet<>();
        try (S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
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
        try (S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
            for (String object : objects) {
                store.delete(object);
            }
        }
    }

    private AnnalsProcess startWriter() throws Exception {
        return start(
                "writer",
                "log.segment.bytes=1048576",
                "annals.archive.interval.ms=200",
                "log.cleaner.backoff.ms=200",
                "log.retention.check.interval.ms=300",
                "annals.merge.factor=2");
    }

    private AnnalsProcess startReplica(String name, int pollMs) throws Exception {
        return start(
                name,
                "annals.replica=true",
                "annals.replica.poll.ms=" + pollMs,
                "annals.archive.cache.chunk.bytes=1048576",
                "annals.archive.cache.tail.bytes=1048576",
                "annals.search.readers=1");
    }

    private AnnalsProcess start(String name, String... more) throws Exception {
        List<String> settings =
                new ArrayList<>(
                        List.of(
                                "annals.archive.store=s3",
                                "annals.archive.s3.bucket=" + bucket.bucket(),
                                "annals.archive.s3.prefix=" + bucket.prefix(),
                                "annals.archive.s3.endpoint=" + s3.endpoint(),
                                "annals.archive.s3.path.style=true",
                                "annals.archive.s3.access.key.id="
                                        + S3TestServer.CREDENTIALS.accessKeyId(),
                                "annals.archive.s3.secret.access.key="
                                        + S3TestServer.CREDENTIALS.secretAccessKey()));
        settings.addAll(List.of(more));
        return AnnalsProcess.start(folder.resolve(name), settings.toArray(String[]::new));
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

    private static KafkaProducer<byte[], byte[]> transactional(AnnalsProcess server) {
        return KafkaClients.producer(server.kafka(), Map.of("transactional.id", "orders-1"));
    }

    private static void transaction(KafkaProducer<byte[], byte[]> producer, int records) {
        producer.beginTransaction();
        for (int i = 0; i < records; i++) {
            producer.send(new ProducerRecord<>(KEPT, 0, null, utf8(value(i))));
        }
        producer.flush();
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

    private static void eventually(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).describedAs("patience").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
