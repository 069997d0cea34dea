package io.annals.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/// Everything a producer said about a record, in a form that compares: what a consumer must get.
///
/// @param key, value hex, or null
/// @param headers `name=hex`, in order
record SentRecord(
        long timestampMs, @Nullable String key, @Nullable String value, List<String> headers) {

    static SentRecord of(ProducerRecord<byte[], byte[]> record) {
        return new SentRecord(
                record.timestamp(), hex(record.key()), hex(record.value()), list(record.headers()));
    }

    static SentRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new SentRecord(
                record.timestamp(), hex(record.key()), hex(record.value()), list(record.headers()));
    }

    /// A record with all that Kafka allows: null keys and values, binary, headers, any timestamp.
    static ProducerRecord<byte[], byte[]> random(
            Random random, String topic, int partition, long timestampMs) {
        byte[] key =
                random.nextInt(4) == 0
                        ? null
                        : ("key-" + random.nextInt(50)).getBytes(StandardCharsets.UTF_8);
        byte[] value = value(random);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, partition, timestampMs, key, value);
        for (int i = random.nextInt(3); i > 0; i--) {
            byte[] header = new byte[random.nextInt(8)];
            random.nextBytes(header);
            record.headers().add("h" + i, random.nextInt(8) == 0 ? null : header);
        }
        return record;
    }

    private static byte @Nullable [] value(Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> {
                byte[] binary = new byte[random.nextInt(2000)];
                random.nextBytes(binary);
                yield binary;
            }
            default ->
                    "{\"level\":\"%s\",\"status\":%d,\"msg\":\"request number %d of many\"}"
                            .formatted(
                                    random.nextBoolean() ? "INFO" : "ERROR",
                                    200 + random.nextInt(400),
                                    random.nextInt(1_000_000))
                            .getBytes(StandardCharsets.UTF_8);
        };
    }

    private static List<String> list(Iterable<Header> headers) {
        List<String> list = new ArrayList<>();
        headers.forEach(header -> list.add(header.key() + "=" + hex(header.value())));
        return list;
    }

    private static @Nullable String hex(byte @Nullable [] bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }
}
