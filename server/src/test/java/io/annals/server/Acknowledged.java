package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/// What a server acknowledged of a topic: the test's own memory of it, kept outside of the server.
/// Thread-safe.
final class Acknowledged {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final String topic;
    private final String description;

    /// By partition: offset to value.
    private final List<Map<Long, String>> values;

    /// @param description of failures
    Acknowledged(String topic, int partitions, String description) {
        this.topic = topic;
        this.description = description;
        this.values =
                Stream.<Map<Long, String>>generate(ConcurrentSkipListMap::new)
                        .limit(partitions)
                        .toList();
    }

    void note(int partition, long offset, String value) {
        values.get(partition).put(offset, value);
    }

    int records(int partition) {
        return values.get(partition).size();
    }

    int records() {
        return IntStream.range(0, values.size()).map(this::records).sum();
    }

    /// A record that was read is the one that was sent, if its acknowledgement is not on its way.
    void assertSent(int partition, long offset, String value) {
        assertThat(value)
                .describedAs(description)
                .isEqualTo(values.get(partition).getOrDefault(offset, value));
    }

    /// Every offset comes, in order and once.
    void assertReads(KafkaConsumer<byte[], byte[]> consumer, int partition, long from, long to) {
        TopicPartition one = new TopicPartition(topic, partition);
        consumer.assign(List.of(one));
        consumer.seek(one, from);
        long next = from;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (next < to) {
            assertThat(System.nanoTime())
                    .describedAs("%s: %s stands still at %d of %d", description, one, next, to)
                    .isLessThan(deadline);
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                assertThat(record.offset()).isEqualTo(next++);
                assertSent(partition, record.offset(), text(record));
            }
        }
    }

    /// Every partition holds what was acknowledged, and nothing else.
    void assertConsumed(String bootstrap) {
        for (int partition = 0; partition < values.size(); partition++) {
            Map<Long, String> expected = values.get(partition);
            List<ConsumerRecord<byte[], byte[]>> read =
                    Consumed.all(bootstrap, new TopicPartition(topic, partition));
            assertThat(read).describedAs(description).hasSize(expected.size());
            for (ConsumerRecord<byte[], byte[]> record : read) {
                assertThat(text(record)).isEqualTo(expected.get(record.offset()));
            }
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }
}
