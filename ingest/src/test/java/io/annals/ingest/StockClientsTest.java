package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StockClientsTest {
    private static final TopicPartition T0 = new TopicPartition("topic", 0);

    @TempDir private Path directory;
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private static ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>("topic", value.getBytes(StandardCharsets.UTF_8));
    }

    private List<ConsumerRecord<byte[], byte[]>> consume(TopicPartition partition, int count) {
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return poll(consumer, count);
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> poll(
            KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (records.size() < count && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
        return records;
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void produce_and_consume_every_codec_with_keys_headers_nulls_and_timestamps(String codec)
            throws Exception {
        Random random = new Random(codec.hashCode());
        List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
        long now = System.nanoTime() / 1_000_000 + 1_700_000_000_000L - 1_000_000;
        for (int i = 0; i < 500; i++) {
            byte[] key = i % 3 == 0 ? null : new byte[random.nextInt(40)];
            byte[] value = i % 7 == 0 ? null : new byte[random.nextInt(3000)];
            List<Header> headers = new ArrayList<>();
            for (int h = 0; h < i % 4; h++) {
                headers.add(new RecordHeader("h" + h, h == 2 ? null : new byte[] {(byte) i}));
            }
            sent.add(new ProducerRecord<>("topic", 0, now + i, key, value, headers));
        }
        try (KafkaProducer<byte[], byte[]> producer =
                node.producer(Map.of("compression.type", codec, "linger.ms", 5))) {
            List<Future<RecordMetadata>> futures = sent.stream().map(producer::send).toList();
            for (int i = 0; i < futures.size(); i++) {
                assertThat(futures.get(i).get().offset()).isEqualTo(i);
            }
        }

        List<ConsumerRecord<byte[], byte[]>> received = consume(T0, sent.size());

        assertThat(received).hasSize(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            ProducerRecord<byte[], byte[]> in = sent.get(i);
            ConsumerRecord<byte[], byte[]> out = received.get(i);
            assertThat(out.offset()).isEqualTo(i);
            assertThat(out.key()).isEqualTo(in.key());
            assertThat(out.value()).isEqualTo(in.value());
            assertThat(out.timestamp()).isEqualTo(in.timestamp());
            assertThat(out.headers().toArray()).isEqualTo(in.headers().toArray());
        }
    }

    @Test
    void consume_across_the_border_between_the_tiers() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of("batch.size", 200))) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 100; i++) {
                    producer.send(record(round + "-" + i));
                }
                producer.flush();
                if (round < 2) {
                    node.archive();
                }
            }
        }
        List<ConsumerRecord<byte[], byte[]>> received = consume(T0, 300);
        assertThat(received).hasSize(300);
        for (int i = 0; i < 300; i++) {
            assertThat(received.get(i).offset()).isEqualTo(i);
            assertThat(received.get(i).value()).asString().isEqualTo(i / 100 + "-" + i % 100);
        }
    }

    @Test
    void find_offsets_by_time_and_special_timestamps_in_both_tiers() throws Exception {
        long base = 1_700_000_000_000L;
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>("topic", 0, base + 10L * i, null, new byte[3]));
                if (i == 59) {
                    producer.flush();
                    node.archive();
                }
            }
            producer.flush();
        }
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of());
                Admin admin = node.admin()) {
            assertThat(offsetAt(consumer, base + 300)).isEqualTo(30);
            assertThat(offsetAt(consumer, base + 301)).isEqualTo(31);
            assertThat(offsetAt(consumer, base + 591)).isEqualTo(60);
            assertThat(offsetAt(consumer, base + 800)).isEqualTo(80);
            assertThat(consumer.offsetsForTimes(Map.of(T0, base + 2000)).get(T0)).isNull();
            assertThat(consumer.beginningOffsets(Set.of(T0))).containsEntry(T0, 0L);
            assertThat(consumer.endOffsets(Set.of(T0))).containsEntry(T0, 100L);
            assertThat(list(admin, OffsetSpec.maxTimestamp()).offset()).isEqualTo(99);
            assertThat(list(admin, OffsetSpec.earliestLocal()).offset()).isEqualTo(60);
            assertThat(list(admin, OffsetSpec.latestTiered()).offset()).isEqualTo(59);
            assertThat(list(admin, OffsetSpec.earliestPendingUpload()).offset()).isEqualTo(60);
        }
    }

    private static long offsetAt(KafkaConsumer<byte[], byte[]> consumer, long timestamp) {
        OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(T0, timestamp)).get(T0);
        return Objects.requireNonNull(found).offset();
    }

    private static ListOffsetsResultInfo list(Admin admin, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(T0, spec)).partitionResult(T0).get();
    }

    @Test
    void produce_with_acks_0_and_acks_1() throws Exception {
        for (String acks : List.of("0", "1")) {
            try (KafkaProducer<byte[], byte[]> producer =
                    node.producer(Map.of("acks", acks, "enable.idempotence", false))) {
                for (int i = 0; i < 50; i++) {
                    producer.send(record(acks + i));
                }
            }
        }
        assertThat(consume(T0, 100)).hasSize(100);
    }

    @Test
    void produce_records_up_to_the_limit_and_are_told_above_it() throws Exception {
        int limit = 1_048_588;
        byte[] value = new byte[limit - 120];
        new Random(3).nextBytes(value);
        try (KafkaProducer<byte[], byte[]> producer =
                node.producer(Map.of("max.request.size", 10 << 20, "batch.size", 10 << 20))) {
            producer.send(new ProducerRecord<>("topic", value)).get();
            assertThatThrownBy(() ->
                            producer.send(new ProducerRecord<>("topic", new byte[limit])).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(RecordTooLargeException.class);
        }
        List<ConsumerRecord<byte[], byte[]>> received = consume(T0, 1);
        assertThat(Arrays.equals(received.get(0).value(), value)).isTrue();
    }

    @Test
    void wait_in_long_polls_until_records_arrive() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of());
                KafkaConsumer<byte[], byte[]> consumer =
                        node.consumer(Map.of("fetch.max.wait.ms", 5_000))) {
            producer.send(record("first")).get();
            consumer.assign(List.of(T0));
            consumer.seekToBeginning(List.of(T0));
            assertThat(poll(consumer, 1)).hasSize(1);
            for (int i = 0; i < 20; i++) {
                int number = i;
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                Thread.sleep(30);
                                producer.send(record("later " + number));
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
                long begin = System.nanoTime();
                assertThat(consumer.poll(Duration.ofSeconds(10)).count()).isEqualTo(1);
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isLessThan(Duration.ofSeconds(3));
            }
        }
    }

    @Test
    void continue_after_a_restart_on_the_same_directory() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            producer.send(record("before")).get();
        }
        node.close();
        node = new TestNode(directory, TestNode.Options.defaults(), node.objects);
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            assertThat(producer.send(record("after")).get().offset()).isEqualTo(1);
        }
        assertThat(consume(T0, 2))
                .extracting(r -> new String(r.value(), StandardCharsets.UTF_8))
                .containsExactly("before", "after");
    }
}
