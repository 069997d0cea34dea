package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// The load: a stock Java producer or an assigned stock consumer, in a JVM of its own. Prints one
/// line: `<records> <bytes> <seconds> <p50 ms> <p99 ms> <cpu seconds>`.
public final class LoadGenerator {
    private static final int DISTINCT_PAYLOADS = 1024;

    private LoadGenerator() {}

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[1];
        String topic = arguments[2];
        long records = Long.parseLong(arguments[3]);
        switch (arguments[0]) {
            case "produce" ->
                    produce(
                            bootstrap,
                            topic,
                            records,
                            payloads(arguments[4]),
                            properties(arguments, 5));
            case "consume" -> consume(bootstrap, topic, records, properties(arguments, 4));
            case "grouped" ->
                    produceInGroups(
                            new BatchedLoad(
                                    bootstrap,
                                    topic,
                                    records,
                                    Integer.parseInt(arguments[6]),
                                    BatchedLoad.Mode.valueOf(arguments[5])),
                            Integer.parseInt(arguments[7]),
                            payloads(arguments[4]));
            default ->
                    throw new IllegalArgumentException(
                            "unknown load "
                                    + arguments[0]
                                    + ", allowed: produce, consume, grouped");
        }
    }

    /// Runs a load in a new JVM and returns what it printed.
    static Load run(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xms512m",
                                "-Xmx512m",
                                "-XX:+UseG1GC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                LoadGenerator.class.getName()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String out =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("the load failed: " + String.join(" ", arguments) + "\n" + out);
        }
        String[] fields = out.strip().lines().reduce((_, last) -> last).orElseThrow().split(" ");
        return new Load(
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]),
                Double.parseDouble(fields[2]),
                Double.parseDouble(fields[3]),
                Double.parseDouble(fields[4]),
                Double.parseDouble(fields[5]));
    }

    static void createTopic(String bootstrap, String topic, int partitions)
            throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Processes.client(bootstrap, 30_000))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
    }

    private static Map<String, Object> properties(String[] arguments, int from) {
        Map<String, Object> properties = new HashMap<>();
        for (int i = from; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            properties.put(pair[0], pair[1]);
        }
        return properties;
    }

    /// `1000` for random bytes of that size, `json` for log records, each a new one.
    private static Supplier<byte[]> payloads(String kind) {
        if (kind.equals("json")) {
            return new LogCorpus(42)::next;
        }
        Random random = new Random(42);
        byte[][] payloads = new byte[DISTINCT_PAYLOADS][Integer.parseInt(kind)];
        for (byte[] payload : payloads) {
            for (int i = 0; i < payload.length; i++) {
                payload[i] = (byte) (random.nextInt(26) + 'A');
            }
        }
        int[] next = {0};
        return () -> payloads[next[0]++ % payloads.length];
    }

    private static void produce(
            String bootstrap,
            String topic,
            long records,
            Supplier<byte[]> payloads,
            Map<String, Object> extra)
            throws InterruptedException {
        Map<String, Object> config =
                new HashMap<>(Map.of("bootstrap.servers", bootstrap, "acks", "all"));
        config.putAll(extra);
        long[] latenciesNanos = new long[(int) Math.min(records, 5_000_000)];
        AtomicReference<Exception> failure = new AtomicReference<>();
        long bytes = 0;
        long start = System.nanoTime();
        try (var producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < records; i++) {
                byte[] payload = payloads.get();
                bytes += payload.length;
                int sample = (int) (i % latenciesNanos.length);
                long sent = System.nanoTime();
                producer.send(
                        new ProducerRecord<>(topic, payload),
                        (_, e) -> {
                            latenciesNanos[sample] = System.nanoTime() - sent;
                            if (e != null) {
                                failure.set(e);
                            }
                        });
            }
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a record was not acknowledged", failure.get());
        }
        print(records, bytes, System.nanoTime() - start, latenciesNanos);
    }

    private static void produceInGroups(BatchedLoad load, int producers, Supplier<byte[]> payloads)
            throws Exception {
        long start = System.nanoTime();
        List<BatchedLoad.Share> shares = load.run(producers, payloads);
        print(
                shares.stream().mapToLong(BatchedLoad.Share::records).sum(),
                shares.stream().mapToLong(BatchedLoad.Share::bytes).sum(),
                System.nanoTime() - start,
                shares.stream()
                        .flatMapToLong(share -> java.util.Arrays.stream(share.latenciesNanos()))
                        .toArray());
    }

    private static void consume(
            String bootstrap, String topic, long records, Map<String, Object> extra) {
        Map<String, Object> config =
                new HashMap<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "auto.offset.reset",
                                "earliest",
                                "enable.auto.commit",
                                "false"));
        config.putAll(extra);
        try (var consumer =
                new KafkaConsumer<>(
                        config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(p -> new TopicPartition(topic, p.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long start = System.nanoTime();
            long seen = 0;
            long bytes = 0;
            long idleSince = start;
            while (seen < records) {
                var polled = consumer.poll(Duration.ofMillis(500));
                for (var record : polled) {
                    bytes += record.serializedValueSize();
                }
                seen += polled.count();
                if (!polled.isEmpty()) {
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince > 60_000_000_000L) {
                    throw new IllegalStateException(
                            "no record for 60 s, " + seen + " of " + records);
                }
            }
            print(seen, bytes, System.nanoTime() - start, new long[] {0});
        }
    }

    private static void print(long records, long bytes, long nanos, long[] latenciesNanos) {
        java.util.Arrays.sort(latenciesNanos);
        double cpuSeconds =
                ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
                        / 1000.0;
        System.out.printf(
                java.util.Locale.ROOT,
                "%d %d %.3f %.2f %.2f %.2f%n",
                records,
                bytes,
                nanos / 1e9,
                latenciesNanos[latenciesNanos.length / 2] / 1e6,
                latenciesNanos[(int) (latenciesNanos.length * 0.99)] / 1e6,
                cpuSeconds);
    }
}
