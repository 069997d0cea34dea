package io.annals.server;

import static io.annals.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a replica shows of its writer's groups and transactions.
class ReplicaTransactionsIT {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final String TRANSACTIONAL_ID = "orders-1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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
    void recordsOfAnOpenTransactionAreForThoseWhoReadUncommitted() throws Exception {
        try (AnnalsProcess writer = archive.start("writer");
                Http writing = new Http(writer);
                KafkaProducer<byte[], byte[]> producer = transactional(writer)) {
            createTopic(writer);
            producer.initTransactions();
            transaction(producer, 5);
            producer.commitTransaction(); // 0 to 5
            transaction(producer, 3);
            producer.abortTransaction(); // 6 to 9
            transaction(producer, 4); // 10 to 13
            writing.seal();
            produce(writer, 2); // 14, 15
            writing.seal();
            try (AnnalsProcess replica = archive.startReplica("replica", 50);
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
        try (AnnalsProcess writer = archive.start("writer");
                Http writing = new Http(writer);
                KafkaProducer<byte[], byte[]> producer = transactional(writer)) {
            createTopic(writer);
            producer.initTransactions();
            transaction(producer, 2);
            try (KafkaConsumer<byte[], byte[]> classic = member(writer, "classic");
                    KafkaConsumer<byte[], byte[]> modern = member(writer, "consumer");
                    AnnalsProcess replica = archive.startReplica("replica", 50);
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
                    eventually(() -> assignment(admin, group).equals(Set.of(PARTITION)));
                }
                eventually(() -> state(admin).equals(Optional.of(TransactionState.ONGOING)));
                assertThat(
                                admin.describeTransactions(List.of(TRANSACTIONAL_ID))
                                        .description(TRANSACTIONAL_ID)
                                        .get()
                                        .topicPartitions())
                        .containsExactly(PARTITION);
                assertThat(
                                admin.describeProducers(List.of(PARTITION))
                                        .partitionResult(PARTITION)
                                        .get()
                                        .activeProducers())
                        .singleElement()
                        .satisfies(active ->
                                assertThat(active.currentTransactionStartOffset()).hasValue(0));
                assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("classic")).all().get())
                        .hasCauseInstanceOf(PolicyViolationException.class);

                assertThat(modern.assignment()).containsExactly(PARTITION);
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
                .filter(listed -> listed.transactionalId().equals(TRANSACTIONAL_ID))
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
        consumer.subscribe(List.of(PARTITION.topic()));
        eventually(() -> {
            consumer.poll(Duration.ofMillis(100));
            return !consumer.assignment().isEmpty();
        });
        return consumer;
    }

    private static List<Long> offsets(AnnalsProcess server, IsolationLevel isolation) {
        List<Long> offsets = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                KafkaClients.consumer(server.kafka(), isolation)) {
            consumer.assign(List.of(PARTITION));
            long end = consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, 0L);
            consumer.seek(PARTITION, 0);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(PARTITION) < end) {
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
        try (KafkaConsumer<byte[], byte[]> consumer =
                KafkaClients.consumer(server.kafka(), isolation)) {
            return consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, -1L);
        }
    }

    private static KafkaProducer<byte[], byte[]> transactional(AnnalsProcess server) {
        return KafkaClients.producer(server.kafka(), Map.of("transactional.id", TRANSACTIONAL_ID));
    }

    private static void transaction(KafkaProducer<byte[], byte[]> producer, int records) {
        producer.beginTransaction();
        for (int i = 0; i < records; i++) {
            producer.send(record(i));
        }
        producer.flush();
    }

    private static void produce(AnnalsProcess server, int records) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < records; i++) {
                producer.send(record(i));
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(int number) {
        byte[] value = ("order " + number).getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(PARTITION.topic(), PARTITION.partition(), null, value);
    }

    private static int total(Http http) throws Exception {
        return http.search(PARTITION.topic(), "order", "require_complete=true&limit=1")
                .path("total")
                .path("value")
                .asInt();
    }

    private static void createTopic(AnnalsProcess server) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(PARTITION.topic(), 1, (short) 1))).all().get();
        }
    }
}
