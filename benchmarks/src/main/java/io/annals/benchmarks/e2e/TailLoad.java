package io.annals.benchmarks.e2e;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// A stock producer at a fixed rate and a stock consumer that waits at the end of the log, in one
/// process: the latency is from the moment a record was due to be sent to the moment the consumer
/// has it. Both clients wait for no company (`linger.ms=0`, `fetch.min.bytes=1`).
final class TailLoad {
    private static final int STOP = -1;

    private final String bootstrap;
    private final String topic;
    private final LoadSettings settings;
    private final Latencies latencies = new Latencies();
    private long records;
    private long bytes;

    TailLoad(String bootstrap, String topic, LoadSettings settings) {
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.settings = settings;
    }

    Load run() throws Exception {
        Map<String, Object> config =
                new HashMap<>(Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", false));
        long begin;
        try (var consumer =
                new KafkaConsumer<>(
                        config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(p -> new TopicPartition(topic, p.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            consumer.poll(Duration.ZERO);
            begin = System.nanoTime();
            Thread producer = Thread.ofPlatform().start(() -> produce(begin));
            consume(consumer, begin + (long) (settings.warmSeconds() * 1e9));
            producer.join();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new Load(
                records,
                bytes,
                seconds,
                latencies.ms(0.5),
                latencies.ms(0.99),
                LoadGenerator.cpuSeconds(),
                bytes / seconds);
    }

    /// Each value begins with the moment it was due; the last record with [#STOP].
    private void produce(long begin) {
        Map<String, Object> config =
                new HashMap<>(
                        Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", "0"));
        config.putAll(settings.client());
        long count =
                (long) ((settings.warmSeconds() + settings.seconds()) * settings.ratePerSecond());
        int size = Integer.parseInt(settings.payload());
        try (var producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < count; i++) {
                long due = begin + (long) (i * 1e9 / settings.ratePerSecond());
                ProduceLoad.sleepUntil(due);
                producer.send(record(size, due));
            }
            producer.flush();
            producer.send(record(size, STOP)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("the producer of a tail failed", e);
        }
    }

    private ProducerRecord<byte[], byte[]> record(int size, long due) {
        return new ProducerRecord<>(topic, ByteBuffer.allocate(size).putLong(due).array());
    }

    private void consume(KafkaConsumer<byte[], byte[]> consumer, long countFromNanos) {
        while (true) {
            for (var record : consumer.poll(Duration.ofMillis(500))) {
                long due = ByteBuffer.wrap(record.value()).getLong();
                if (due == STOP) {
                    return;
                }
                records++;
                bytes += record.serializedValueSize();
                if (due >= countFromNanos) {
                    latencies.add(System.nanoTime() - due);
                }
            }
        }
    }
}
