package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Stock clients produce and consume with every codec while part of the log is archived and part is
/// hot (ANNALS-2, ANNALS-3).
class TiersIT {
    private static final int PARTITIONS = 3;
    private static final long FIRST_TIMESTAMP_MS = 1_700_000_000_000L;

    @TempDir static Path folder;
    private static AnnalsProcess server;
    private static Http http;

    @BeforeAll
    static void start() throws Exception {
        server = AnnalsProcess.start(folder, "log.roll.ms=600000");
        http = new Http(server);
    }

    @AfterAll
    static void stop() {
        http.close();
        server.close();
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void everyRecordComesBackAsItWasSentFromBothTiers(CompressionType codec) throws Exception {
        String topic = "tiers-" + codec.name;
        create(topic, PARTITIONS);
        Random random = new Random(codec.id);
        Map<TopicPartition, Map<Long, SentRecord>> sent = new HashMap<>();

        send(topic, codec, random, 400, sent);
        http.seal();
        send(topic, codec, random, 400, sent);
        http.seal();
        send(topic, codec, random, 400, sent);

        sent.forEach((partition, expected) ->
                assertThat(consumed(partition))
                        .describedAs(partition.toString())
                        .isEqualTo(expected));
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void theBatchesAreByteForByteWhatWasSentFromBothTiers(CompressionType codec) throws Exception {
        String topic = "bytes-" + codec.name;
        Uuid id = create(topic, 1);
        TopicIdPartition partition = new TopicIdPartition(id, 0, topic);
        Random random = new Random(codec.id);
        List<ByteBuffer> batches = List.of(batch(codec, random), batch(codec, random));

        try (RawKafka raw = new RawKafka(server)) {
            long first = raw.produce(topic, 0, batches.get(0));
            long second = raw.produce(topic, 0, batches.get(1));
            String hot = RawKafka.comparable(raw.fetch(partition, first));
            http.seal();
            String warmFirst = RawKafka.comparable(raw.fetch(partition, first));
            String warmSecond = RawKafka.comparable(raw.fetch(partition, second));

            String sentFirst = RawKafka.comparable(batches.get(0));
            String sentSecond = RawKafka.comparable(batches.get(1));
            assertThat(hot).isEqualTo(sentFirst + sentSecond);
            assertThat(warmFirst).startsWith(sentFirst);
            assertThat(warmSecond).isEqualTo(sentSecond);
        }
    }

    @Test
    void offsetsByTimeAreFoundInBothTiers() throws Exception {
        String topic = "times";
        create(topic, 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < 200; i++) {
                if (i == 100) {
                    producer.flush();
                    http.seal();
                }
                long timestamp = FIRST_TIMESTAMP_MS + i * 1000L;
                producer.send(new ProducerRecord<>(topic, 0, timestamp, null, new byte[] {1}));
            }
        }

        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(server.kafka())) {
            for (int i : new int[] {0, 1, 57, 99, 100, 101, 150, 199}) {
                long wanted = FIRST_TIMESTAMP_MS + i * 1000L - (i % 2);
                Map<TopicPartition, OffsetAndTimestamp> found =
                        consumer.offsetsForTimes(Map.of(partition, wanted));
                assertThat(found.get(partition))
                        .isNotNull()
                        .returns((long) i, OffsetAndTimestamp::offset);
            }
            assertThat(consumer.beginningOffsets(List.of(partition))).containsEntry(partition, 0L);
            assertThat(consumer.endOffsets(List.of(partition))).containsEntry(partition, 200L);
        }
    }

    @Test
    void kcatProducesAndConsumesAcrossTiers() throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String topic = "kcat-" + codec;
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                lines.add("key-" + i + ":value number " + i);
            }

            kcat(lines.subList(0, 100), "-P", "-t", topic, "-p", "0", "-K:", "-z", codec);
            http.seal();
            kcat(lines.subList(100, 200), "-P", "-t", topic, "-p", "0", "-K:", "-z", codec);

            assertThat(kcat(List.of(), "-C", "-t", topic, "-p", "0", "-K:", "-e", "-q"))
                    .containsExactlyElementsOf(lines);
        }
    }

    private static void send(
            String topic,
            CompressionType codec,
            Random random,
            int count,
            Map<TopicPartition, Map<Long, SentRecord>> sent)
            throws Exception {
        Map<ProducerRecord<byte[], byte[]>, Future<RecordMetadata>> answers = new HashMap<>();
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(
                        server.kafka(), Map.of("compression.type", codec.name, "linger.ms", "5"))) {
            for (int i = 0; i < count; i++) {
                long timestamp = FIRST_TIMESTAMP_MS + random.nextInt(1_000_000);
                ProducerRecord<byte[], byte[]> record =
                        SentRecord.random(random, topic, i % PARTITIONS, timestamp);
                answers.put(record, producer.send(record));
            }
        }
        for (Map.Entry<ProducerRecord<byte[], byte[]>, Future<RecordMetadata>> answer :
                answers.entrySet()) {
            RecordMetadata metadata = answer.getValue().get();
            sent.computeIfAbsent(
                            new TopicPartition(topic, metadata.partition()), _ -> new TreeMap<>())
                    .put(metadata.offset(), SentRecord.of(answer.getKey()));
        }
    }

    private static Map<Long, SentRecord> consumed(TopicPartition partition) {
        Map<Long, SentRecord> records = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : Consumed.all(server.kafka(), partition)) {
            records.put(record.offset(), SentRecord.of(record));
        }
        return records;
    }

    private static Uuid create(String topic, int partitions) throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            NewTopic wanted = new NewTopic(topic, partitions, (short) 1);
            return admin.createTopics(List.of(wanted)).topicId(topic).get();
        }
    }

    private static ByteBuffer batch(CompressionType codec, Random random) {
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(1 << 20),
                        Compression.of(codec).build(),
                        TimestampType.CREATE_TIME,
                        0L);
        for (int i = 0; i < 100; i++) {
            byte[] value = new byte[100 + random.nextInt(300)];
            random.nextBytes(value);
            builder.append(
                    FIRST_TIMESTAMP_MS + i, ("k" + i).getBytes(StandardCharsets.UTF_8), value);
        }
        return builder.build().buffer();
    }

    private static List<String> kcat(List<String> input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("kcat", "-b", server.kafka()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
            for (String line : input) {
                stdin.write(line + "\n");
            }
        }
        List<String> output = process.inputReader(StandardCharsets.UTF_8).lines().toList();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        return output;
    }
}
