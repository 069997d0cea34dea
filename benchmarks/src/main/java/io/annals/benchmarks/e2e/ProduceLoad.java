package io.annals.benchmarks.e2e;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/// Stock producers side by side, `acks=all`, as fast as they go or at a fixed rate. A latency is
/// from the moment a record was due to its acknowledgement, so a server that stalls is charged for
/// all that was due meanwhile. The load begins when each producer has its connection and its first
/// acknowledgement. What is acknowledged while the load warms up, or after its time, counts neither
/// as throughput nor as latency.
final class ProduceLoad {
    private static final int RECORDS_PER_TOPIC = 1024;

    private final List<String> topics;
    private final LoadSettings settings;
    private final Map<String, Object> client;
    private final Latencies latencies = new Latencies();
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder countedBytes = new LongAdder();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final CyclicBarrier ready;
    private long beginNanos;
    private long countFromNanos = Long.MAX_VALUE;
    private long endNanos = Long.MAX_VALUE;

    ProduceLoad(String bootstrap, String topic, LoadSettings settings) {
        this.topics =
                settings.topics() == 0
                        ? List.of(topic)
                        : IntStream.range(0, settings.topics())
                                .mapToObj(i -> topic + "-" + i)
                                .toList();
        this.settings = settings;
        this.client = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "acks", "all"));
        client.putAll(settings.client());
        this.ready = new CyclicBarrier(settings.threads(), this::begin);
    }

    Load run() throws Exception {
        List<Future<?>> producers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(settings.threads())) {
            for (int i = 0; i < settings.threads(); i++) {
                producers.add(threads.submit(this::produce));
            }
        }
        for (Future<?> producer : producers) {
            producer.get();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a record was not acknowledged", failure.get());
        }
        long lastNanos = System.nanoTime();
        double counted = (Math.min(lastNanos, endNanos) - countFromNanos) / 1e9;
        return new Load(
                records.sum(),
                bytes.sum(),
                (lastNanos - beginNanos) / 1e9,
                latencies.ms(0.5),
                latencies.ms(0.99),
                LoadGenerator.cpuSeconds(),
                countedBytes.sum() / counted);
    }

    /// Runs when all producers are ready, before any of them goes on.
    private void begin() {
        beginNanos = System.nanoTime();
        countFromNanos = beginNanos + (long) (settings.warmSeconds() * 1e9);
        if (settings.seconds() > 0) {
            endNanos = countFromNanos + (long) (settings.seconds() * 1e9);
        }
    }

    private @Nullable Void produce() throws Exception {
        Supplier<byte[]> payloads = Payloads.of(settings.payload());
        double nanosBetween = 1e9 * settings.threads() / settings.ratePerSecond(); // or infinite
        long share = Math.max(1, settings.records() / settings.threads());
        try (var producer =
                new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
            send(producer, 0, payloads.get(), System.nanoTime());
            producer.flush();
            ready.await();
            for (long i = 1; i < share && failure.get() == null; i++) {
                long due = System.nanoTime();
                if (settings.ratePerSecond() > 0) {
                    due = beginNanos + (long) (i * nanosBetween);
                    sleepUntil(due);
                }
                if (due >= endNanos) {
                    break;
                }
                send(producer, i, payloads.get(), due);
            }
        }
        return null;
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer, long number, byte[] payload, long due) {
        String topic = topics.get((int) (number / RECORDS_PER_TOPIC % topics.size()));
        producer.send(
                new ProducerRecord<>(topic, payload),
                (_, e) -> {
                    if (e != null) {
                        failure.set(e);
                        return;
                    }
                    long now = System.nanoTime();
                    records.increment();
                    bytes.add(payload.length);
                    if (now >= countFromNanos && now < endNanos) {
                        countedBytes.add(payload.length);
                        latencies.add(now - due);
                    }
                });
    }

    static void sleepUntil(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
