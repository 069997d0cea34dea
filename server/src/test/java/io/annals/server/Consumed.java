package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/// Reads a partition from its beginning to its end with the stock consumer.
final class Consumed {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Consumed() {}

    static List<ConsumerRecord<byte[], byte[]>> all(String bootstrap, TopicPartition partition) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        forEach(bootstrap, partition, records::add);
        return records;
    }

    /// Fails if an offset is skipped or comes twice.
    static void forEach(
            String bootstrap,
            TopicPartition partition,
            Consumer<ConsumerRecord<byte[], byte[]>> visitor) {
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.consumer(bootstrap)) {
            List<TopicPartition> one = List.of(partition);
            consumer.assign(one);
            long next = consumer.beginningOffsets(one).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
            consumer.seek(partition, next);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (next < end) {
                assertThat(System.nanoTime())
                        .describedAs("%s stands still at %d of %d", partition, next, end)
                        .isLessThan(deadline);
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(500))) {
                    assertThat(record.offset())
                            .describedAs("offset in %s", partition)
                            .isEqualTo(next);
                    visitor.accept(record);
                    next++;
                    deadline = System.nanoTime() + PATIENCE.toNanos();
                }
            }
        }
    }
}
