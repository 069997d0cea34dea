package io.annals.benchmarks.e2e;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/// A stock consumer that jumps to some offset of a partition and waits for the first records there,
/// again and again. The latency is that of one jump.
final class SeekLoad {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TopicPartition partition;
    private final LoadSettings settings;
    private final Map<String, Object> client;

    /// @param settings jumps to offsets below [LoadSettings#records]
    SeekLoad(String bootstrap, String topic, LoadSettings settings) {
        this.partition = new TopicPartition(topic, 0);
        this.settings = settings;
        this.client = new HashMap<>(settings.client());
        client.put("bootstrap.servers", bootstrap);
        client.put("enable.auto.commit", "false");
        client.put("max.poll.records", "1");
    }

    Load run() {
        Latencies latencies = new Latencies();
        Random random = new Random(7); // each side jumps the same way
        long bytes = 0;
        long jumps = 0;
        try (var consumer =
                new KafkaConsumer<>(
                        client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            long begin = System.nanoTime();
            long warm = begin + (long) (settings.warmSeconds() * 1e9);
            long end = warm + (long) (settings.seconds() * 1e9);
            for (long now = begin; now < end; now = System.nanoTime()) {
                consumer.seek(partition, random.nextLong(settings.records()));
                var polled = consumer.poll(PATIENCE);
                if (polled.isEmpty()) {
                    throw new IllegalStateException("no record within " + PATIENCE);
                }
                if (now >= warm) {
                    latencies.add(System.nanoTime() - now);
                    bytes += polled.iterator().next().serializedValueSize();
                    jumps++;
                }
            }
        }
        return new Load(
                jumps,
                bytes,
                settings.seconds(),
                latencies.ms(0.5),
                latencies.ms(0.99),
                LoadGenerator.cpuSeconds(),
                bytes / settings.seconds());
    }
}
