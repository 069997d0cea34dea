package io.annals.benchmarks.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/// Stock consumers side by side, without a group. Each reads the whole topic from its beginning,
/// until it has seen as many records as it was told, as often as it was told: a client that has
/// just started is the bound itself. The time begins when each is about to read for the last time.
final class ConsumeLoad {
    /// So many passes let a new JVM compile the consumer's own code before the last one.
    static final int PASSES = 3;

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final String topic;
    private final LoadSettings settings;
    private final Map<String, Object> client;
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final CyclicBarrier ready;
    private long beginNanos;
    private long beginBytes;

    ConsumeLoad(String bootstrap, String topic, LoadSettings settings) {
        this.topic = topic;
        this.settings = settings;
        this.client =
                new HashMap<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "auto.offset.reset",
                                "earliest",
                                "enable.auto.commit",
                                "false"));
        client.putAll(settings.client());
        this.ready = new CyclicBarrier(settings.threads(), this::begin);
    }

    private void begin() {
        beginBytes = bytes.sum();
        beginNanos = System.nanoTime();
    }

    Load run() throws Exception {
        List<Future<?>> consumers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(settings.threads())) {
            for (int i = 0; i < settings.threads(); i++) {
                consumers.add(threads.submit(this::consume));
            }
        }
        for (Future<?> consumer : consumers) {
            consumer.get();
        }
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        return new Load(
                records.sum(),
                bytes.sum(),
                seconds,
                0,
                0,
                LoadGenerator.cpuSeconds(),
                (bytes.sum() - beginBytes) / seconds);
    }

    private @Nullable Void consume() throws Exception {
        try (var consumer =
                new KafkaConsumer<>(
                        client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(p -> new TopicPartition(topic, p.partition()))
                            .toList();
            consumer.assign(partitions);
            for (int pass = 0; pass < settings.passes(); pass++) {
                consumer.seekToBeginning(partitions);
                partitions.forEach(consumer::position);
                ready.await();
                read(consumer);
            }
        }
        return null;
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer) {
        long seen = 0;
        long idleSince = System.nanoTime();
        while (seen < settings.records()) {
            var polled = consumer.poll(Duration.ofMillis(500));
            for (ConsumerRecord<byte[], byte[]> record : polled) {
                bytes.add(record.serializedValueSize());
            }
            seen += polled.count();
            records.add(polled.count());
            if (!polled.isEmpty()) {
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince > PATIENCE_NANOS) {
                throw new IllegalStateException(
                        "no record for 60 s, " + seen + " of " + settings.records());
            }
        }
    }
}
