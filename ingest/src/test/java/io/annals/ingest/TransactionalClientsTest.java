package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Transactions as Kafka's own client makes them.
class TransactionalClientsTest {
    private static final String TOPIC = "t";
    private static final TopicPartition P0 = new TopicPartition(TOPIC, 0);
    private static final TopicPartition P1 = new TopicPartition(TOPIC, 1);
    private static final Duration WAIT = Duration.ofMillis(200);

    @TempDir private Path directory;
    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(directory, TestNode.Options.defaults());
        try (Admin admin = node.admin()) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
        }
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private KafkaProducer<byte[], byte[]> producer(String transactionalId, int timeoutMs) {
        return node.producer(
                Map.of(
                        "transactional.id",
                        transactionalId,
                        "transaction.timeout.ms",
                        timeoutMs,
                        "linger.ms",
                        0));
    }

    private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
        KafkaProducer<byte[], byte[]> producer = producer(transactionalId, 60_000);
        producer.initTransactions();
        return producer;
    }

    private static ProducerRecord<byte[], byte[]> record(int partition, String value) {
        return new ProducerRecord<>(TOPIC, partition, null, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String value(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    /// Everything that a consumer of committed records gets, up to the last stable offset.
    private List<String> committed(TopicPartition partition) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                node.consumer(Map.of("isolation.level", "read_committed"))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(WAIT).forEach(record -> values.add(value(record)));
            }
        }
        return values;
    }

    /// A decided transaction gets its markers after its producer is answered: whoever takes over
    /// the id has to wait for them.
    private void awaitEnded(String transactionalId) {
        producer(transactionalId).close();
    }

    @Test
    void committedRecordsAreReadAndAbortedOnesAreNot() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("id")) {
            for (int i = 0; i < 20; i++) {
                producer.beginTransaction();
                producer.send(record(0, "a" + i));
                producer.send(record(1, "b" + i));
                if (i % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
            producer.beginTransaction();
            producer.commitTransaction(); // nothing in it
        }
        awaitEnded("id");
        assertThat(committed(P0)).hasSize(10).startsWith("a0", "a2").endsWith("a18");
        assertThat(committed(P1)).hasSize(10).startsWith("b0", "b2").endsWith("b18");
    }

    @Test
    void anOpenTransactionHoldsBackReadersUntilItEnds() {
        try (KafkaProducer<byte[], byte[]> open = producer("open");
                KafkaProducer<byte[], byte[]> quick = producer("quick")) {
            open.beginTransaction();
            open.send(record(0, "first"));
            open.flush();
            quick.beginTransaction();
            quick.send(record(0, "second"));
            quick.commitTransaction();

            assertThat(committed(P0)).isEmpty();
            open.commitTransaction();
            quick.beginTransaction(); // waits for its markers, and those of the other come before
            quick.send(record(0, "third"));
            quick.commitTransaction();
        }
        awaitEnded("open");
        assertThat(committed(P0)).containsExactly("first", "second", "third");
    }

    @Test
    void aSecondProducerFencesTheFirst() {
        try (KafkaProducer<byte[], byte[]> first = producer("id")) {
            first.beginTransaction();
            first.send(record(0, "lost"));
            first.flush();
            try (KafkaProducer<byte[], byte[]> second = producer("id")) {
                assertThatThrownBy(first::commitTransaction)
                        .isInstanceOf(ProducerFencedException.class);
                second.beginTransaction();
                second.send(record(0, "kept"));
                second.commitTransaction();
            }
            awaitEnded("id");
            assertThat(committed(P0)).containsExactly("kept");
        }
    }

    @Test
    void offsetsAreCommittedWithTheRecordsThatCameOfThem() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("id");
                KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("group.id", "g"))) {
            producer.beginTransaction();
            producer.send(record(0, "in"));
            producer.commitTransaction();
            consumer.subscribe(List.of(TOPIC));
            while (consumer.poll(WAIT).isEmpty()) {
                assertThat(consumer.subscription()).isNotEmpty();
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(P0, new OffsetAndMetadata(1));
            producer.beginTransaction();
            producer.send(record(1, "dropped"));
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.abortTransaction();
            assertThat(consumer.committed(Set.of(P0)).get(P0)).isNull();

            producer.beginTransaction();
            producer.send(record(1, "out"));
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(record(1, "next")); // is let in when the one before has ended
            producer.commitTransaction();
            assertThat(consumer.committed(Set.of(P0))).isEqualTo(offsets);
        }
        awaitEnded("id");
        assertThat(committed(P1)).containsExactly("out", "next");
    }

    @Test
    void whoeverAsksAfterTheAnswerToACommitFindsItsOffsets() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("id");
                KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of("group.id", "g"));
                Admin admin = node.admin()) {
            for (int i = 1; i <= 20; i++) {
                Map<TopicPartition, OffsetAndMetadata> offsets =
                        Map.of(P0, new OffsetAndMetadata(i));
                producer.beginTransaction();
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                producer.commitTransaction();

                // As clients without KIP-447 ask: whatever is pending.
                assertThat(
                                admin.listConsumerGroupOffsets("g")
                                        .partitionsToOffsetAndMetadata()
                                        .get())
                        .isEqualTo(offsets);
            }
        }
    }

    @Test
    void aTransactionThatTakesTooLongIsAborted() throws Exception {
        try (KafkaProducer<byte[], byte[]> slow = producer("slow", 300)) {
            slow.initTransactions();
            slow.beginTransaction();
            slow.send(record(0, "late"));
            slow.flush();
            try (Admin admin = node.admin()) {
                awaitState(admin, "slow", TransactionState.COMPLETE_ABORT);
            }
            assertThatThrownBy(
                            () -> {
                                slow.send(record(0, "later"));
                                slow.commitTransaction();
                            })
                    .isInstanceOf(KafkaException.class);
        }
        assertThat(committed(P0)).isEmpty();
    }

    private static void awaitState(Admin admin, String id, TransactionState wanted)
            throws Exception {
        for (int i = 0; i < 200 && describe(admin, id).state() != wanted; i++) {
            Thread.sleep(25);
        }
        assertThat(describe(admin, id).state()).isEqualTo(wanted);
    }

    private static TransactionDescription describe(Admin admin, String id) throws Exception {
        return admin.describeTransactions(List.of(id)).description(id).get();
    }

    @Test
    void operatorsSeeTransactionsAndCanAbortThem() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("stuck");
                Admin admin = node.admin()) {
            awaitEnded("idle");
            producer.beginTransaction();
            producer.send(record(0, "open"));
            producer.flush();

            TransactionDescription description = describe(admin, "stuck");
            assertThat(description.state()).isEqualTo(TransactionState.ONGOING);
            assertThat(description.topicPartitions()).containsExactly(P0);
            assertThat(description.transactionTimeoutMs()).isEqualTo(60_000);
            assertThat(description.transactionStartTimeMs()).isPresent();
            assertThat(admin.listTransactions().all().get())
                    .extracting(TransactionListing::transactionalId)
                    .containsExactlyInAnyOrder("stuck", "idle");
            assertThat(
                            admin.listTransactions(
                                            new ListTransactionsOptions()
                                                    .filterStates(Set.of(TransactionState.ONGOING)))
                                    .all()
                                    .get())
                    .extracting(TransactionListing::transactionalId)
                    .containsExactly("stuck");
            assertThat(
                            admin.listTransactions(
                                            new ListTransactionsOptions()
                                                    .filterOnTransactionalIdPattern("id.*"))
                                    .all()
                                    .get())
                    .extracting(TransactionListing::transactionalId)
                    .containsExactly("idle");
            assertThatThrownBy(() -> describe(admin, "nobody"))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(TransactionalIdNotFoundException.class);

            ProducerState state =
                    admin.describeProducers(List.of(P0))
                            .partitionResult(P0)
                            .get()
                            .activeProducers()
                            .getFirst();
            assertThat(state.producerId()).isEqualTo(description.producerId());
            assertThat(state.currentTransactionStartOffset()).hasValue(0);
            admin.abortTransaction(
                            new AbortTransactionSpec(
                                    P0,
                                    state.producerId(),
                                    (short) state.producerEpoch(),
                                    state.coordinatorEpoch().orElse(0)))
                    .all()
                    .get();
            assertThat(
                            admin.describeProducers(List.of(P0))
                                    .partitionResult(P0)
                                    .get()
                                    .activeProducers()
                                    .getFirst()
                                    .currentTransactionStartOffset())
                    .isEmpty();
            assertThat(committed(P0)).isEmpty();
        }
    }

    @Test
    void clientsAreToldThatTransactionsAreOfLevelTwo() throws Exception {
        try (Admin admin = node.admin()) {
            Map<String, FinalizedVersionRange> levels =
                    admin.describeFeatures().featureMetadata().get().finalizedFeatures();

            assertThat(levels)
                    .containsEntry(
                            "transaction.version", new FinalizedVersionRange((short) 2, (short) 2))
                    .containsEntry(
                            "group.version", new FinalizedVersionRange((short) 1, (short) 1));
        }
    }
}
