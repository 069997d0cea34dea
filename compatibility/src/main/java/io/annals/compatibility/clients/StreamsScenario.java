package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// Kafka Streams counts words exactly once, is killed in the middle of a transaction, loses its
/// local state, and goes on: each word's counts come out once each and in order, as in a run
/// without the kill.
final class StreamsScenario implements Scenario {
    private static final String FEATURE = "word count, exactly once, killed and resumed";
    private static final int LINES = 2_000;
    private static final List<String> WORDS =
            List.of("alpha beta", "beta gamma", "gamma delta alpha", "epsilon");
    private static final int WORDS_PER_LINE = 2; // on average
    private static final int LINES_AT_ONCE = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public String client() {
        return "Kafka Streams 4.3.1";
    }

    @Override
    public List<String> features() {
        return List.of(FEATURE);
    }

    @Override
    public Map<String, String> run(Side side) throws IOException, InterruptedException {
        try (Data data = new Data(side.bootstrap())) {
            data.create("lines", 2, Map.of());
            data.create("word-counts", 2, Map.of());
            String outcome = count(side, data);
            return Map.of(FEATURE, outcome);
        } catch (RuntimeException e) {
            return Map.of(FEATURE, "failed: " + e.getClass().getSimpleName());
        }
    }

    private static String count(Side side, Data data) throws IOException, InterruptedException {
        int half = LINES / 2 * WORDS_PER_LINE;
        Thread more = Thread.ofVirtual().unstarted(() -> sendSlowly(data, LINES / 2, LINES));
        Process first = start(side, "first");
        try {
            send(data, 0, LINES / 2);
            if (!data.await("word-counts", half, PATIENCE)) {
                return "failed: no counts, " + lastLine(side, "first");
            }
            if (!side.sealUrl().isEmpty()) {
                Http.post(side.sealUrl());
            }
            more.start();
            data.await("word-counts", half + 1, PATIENCE);
        } finally {
            kill(first);
        }
        boolean midway = more.isAlive();
        Process second = start(side, "second");
        try {
            more.join();
            data.await("word-counts", LINES * WORDS_PER_LINE, PATIENCE);
            return "killed midway: %s, counts %s".formatted(midway, counts(data));
        } finally {
            kill(second);
        }
    }

    private static void kill(Process streams) throws InterruptedException {
        streams.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }

    /// The highest count of each word if it was counted to without a gap or a repetition.
    private static Map<String, String> counts(Data data) {
        Map<String, List<Long>> seen = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : data.read("word-counts")) {
            String word = new String(record.key(), StandardCharsets.UTF_8);
            seen.computeIfAbsent(word, _ -> new ArrayList<>())
                    .add(ByteBuffer.wrap(record.value()).getLong());
        }
        Map<String, String> counts = new TreeMap<>();
        seen.forEach((word, values) -> {
            List<Long> expected = LongStream.rangeClosed(1, values.size()).boxed().toList();
            counts.put(
                    word,
                    values.equals(expected)
                            ? "1 to " + values.size()
                            : "not in sequence, %d values".formatted(values.size()));
        });
        return counts;
    }

    private static void send(Data data, int from, int to) {
        for (int i = from; i < to; i++) {
            data.send("lines", "line-" + i, WORDS.get(i % WORDS.size()));
        }
        data.flush();
    }

    /// So that there is always a transaction open.
    private static void sendSlowly(Data data, int from, int to) {
        for (int i = from; i < to; i += LINES_AT_ONCE) {
            send(data, i, Math.min(i + LINES_AT_ONCE, to));
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    private static String lastLine(Side side, String run) throws IOException {
        List<String> lines = Files.readAllLines(side.scratch().resolve("streams-" + run + ".out"));
        return lines.isEmpty() ? "silent" : lines.getLast();
    }

    /// A state directory of its own: nothing but the server remembers.
    private static Process start(Side side, String run) throws IOException, InterruptedException {
        Path state = side.scratch().resolve("streams-state-" + run);
        ProcessBuilder builder =
                new ProcessBuilder(
                        Processes.java(),
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                        "-cp",
                        Jars.of("kafka-streams"),
                        "scripts/WordCount.java",
                        state.toString());
        builder.environment().put("BOOTSTRAP", side.bootstrap());
        return builder.directory(Jars.CLIENTS.toFile())
                .redirectErrorStream(true)
                .redirectOutput(side.scratch().resolve("streams-" + run + ".out").toFile())
                .start();
    }
}
