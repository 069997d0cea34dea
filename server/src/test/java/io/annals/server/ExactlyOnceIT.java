package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stock clients read records, write what comes of them, and commit both in one transaction, while
/// the server is killed at random moments. In the end each record was processed exactly once.
///
/// `-Dannals.soak.seed=N` repeats the choices of an earlier run.
class ExactlyOnceIT {
    private static final int RECORDS = 3_000;
    private static final int PARTITIONS = 2;
    private static final int KILLS = 4;
    private static final Duration WITHIN = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(200);

    @TempDir Path folder;
    private final AtomicBoolean working = new AtomicBoolean(true);
    private final AtomicReference<Throwable> died = new AtomicReference<>();

    @Test
    void eachRecordIsProcessedOnceHoweverOftenTheServerIsKilled() throws Exception {
        long seed = Long.getLong("annals.soak.seed", System.nanoTime());
        System.out.printf("exactly once: seed %d%n", seed);
        Random random = new Random(seed);
        AnnalsProcess.Ports ports = AnnalsProcess.Ports.reserve();
        AnnalsProcess server = start(ports);
        try {
            String bootstrap = server.kafka();
            createTopics(bootstrap);
            produceInput(bootstrap);
            Thread worker =
                    Thread.ofPlatform()
                            .name("worker")
                            .start(() -> work(bootstrap, random.nextLong()));
            for (int i = 0; i < KILLS; i++) {
                Thread.sleep(1_500 + random.nextInt(2_500));
                server.kill();
                server.close();
                server = start(ports);
            }
            awaitOutput(bootstrap);
            working.set(false);
            worker.join();
            assertThat(died.get()).isNull();
            assertThat(output(bootstrap, "read_committed").stream().sorted().toList())
                    .isEqualTo(IntStream.range(0, RECORDS).boxed().toList());
            assertThat(server.terminate().exitCode()).isZero();
        } finally {
            working.set(false);
            server.close();
        }
    }

    private AnnalsProcess start(AnnalsProcess.Ports ports) throws Exception {
        return AnnalsProcess.start(
                folder,
                ports,
                "log.segment.bytes=1048576",
                "log.roll.ms=3000",
                "transaction.abort.timed.out.transaction.cleanup.interval.ms=500");
    }

    private static void createTopics(String bootstrap) throws Exception {
        try (Admin admin = KafkaClients.admin(bootstrap)) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("in", PARTITIONS, (short) 1),
                                    new NewTopic("out", PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
    }

    private static byte[] bytes(int number) {
        return Integer.toString(number).getBytes(StandardCharsets.UTF_8);
    }

    private static int number(ConsumerRecord<byte[], byte[]> record) {
        return Integer.parseInt(new String(record.value(), StandardCharsets.UTF_8));
    }

    private static void produceInput(String bootstrap) {
        try (KafkaProducer<byte[], byte[]> producer = KafkaClients.producer(bootstrap, Map.of())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("in", i % PARTITIONS, null, bytes(i)));
            }
        }
    }

    /// Starts over with new clients whenever the old ones give up, as an application would.
    private void work(String bootstrap, long seed) {
        Random random = new Random(seed);
        while (working.get()) {
            try (KafkaProducer<byte[], byte[]> producer =
                            KafkaClients.producer(
                                    bootstrap,
                                    Map.of(
                                            "transactional.id",
                                            "worker",
                                            "transaction.timeout.ms",
                                            "20000",
                                            "max.block.ms",
                                            "20000",
                                            "delivery.timeout.ms",
                                            "20000",
                                            "request.timeout.ms",
                                            "5000"));
                    KafkaConsumer<byte[], byte[]> consumer =
                            consumer(bootstrap, "read_committed")) {
                producer.initTransactions();
                consumer.subscribe(List.of("in"));
                while (working.get()) {
                    transform(consumer.poll(POLL), consumer, producer, random);
                }
            } catch (KafkaException retried) {
                // the transaction is open or decided; the next round's initTransactions ends it
            } catch (RuntimeException | Error unexpected) {
                died.set(unexpected);
                return;
            }
        }
    }

    private static void transform(
            ConsumerRecords<byte[], byte[]> records,
            KafkaConsumer<byte[], byte[]> consumer,
            KafkaProducer<byte[], byte[]> producer,
            Random random) {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        records.forEach(all::add);
        for (int from = 0; from < all.size(); ) {
            int to = Math.min(all.size(), from + 1 + random.nextInt(20));
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            producer.beginTransaction();
            for (ConsumerRecord<byte[], byte[]> record : all.subList(from, to)) {
                producer.send(
                        new ProducerRecord<>("out", record.partition(), null, record.value()));
                offsets.put(
                        new TopicPartition("in", record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            producer.commitTransaction();
            from = to;
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, String isolation) {
        Properties config = new Properties();
        config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(ConsumerConfig.GROUP_ID_CONFIG, "workers");
        config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "100");
        return new KafkaConsumer<>(
                config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void awaitOutput(String bootstrap) throws Exception {
        Instant deadline = Clock.systemUTC().instant().plus(WITHIN);
        while (output(bootstrap, "read_committed").size() < RECORDS) {
            assertThat(Clock.systemUTC().instant()).as("deadline").isBefore(deadline);
            assertThat(died.get()).isNull();
            Thread.sleep(500);
        }
    }

    private static List<Integer> output(String bootstrap, String isolation) {
        List<Integer> numbers = new ArrayList<>();
        List<TopicPartition> partitions =
                IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("out", i)).toList();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap, isolation)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
                consumer.poll(POLL).forEach(record -> numbers.add(number(record)));
            }
        }
        return numbers;
    }
}
