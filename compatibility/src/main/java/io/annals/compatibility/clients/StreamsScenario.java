package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Kafka Streams counts words exactly once, is killed in the middle, loses its local state, and
/// goes on: the counts at the end are those of a run without the kill.
final class StreamsScenario implements Scenario {
    private static final String FEATURE = "word count, exactly once, killed and resumed";
    private static final int LINES = 2_000;
    private static final List<String> WORDS =
            List.of("alpha beta", "beta gamma", "gamma delta alpha", "epsilon");

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
        Process first = start(side, "first");
        try {
            send(data, 0, LINES / 2);
            if (!data.await("word-counts", 100, Duration.ofSeconds(90))) {
                return "failed: no counts, " + lastLine(side, "first");
            }
            if (!side.sealUrl().isEmpty()) {
                Http.post(side.sealUrl());
            }
            send(data, LINES / 2, LINES);
        } finally {
            first.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        Process second = start(side, "second");
        try {
            Map<String, Long> counts = Map.of();
            for (int i = 0; i < 90; i++) {
                counts = data.lastLongs("word-counts");
                if (counts.values().stream().mapToLong(c -> c).sum() >= LINES * 2L) {
                    break;
                }
                Thread.sleep(1_000);
            }
            return new TreeMap<>(counts).toString();
        } finally {
            second.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }

    private static void send(Data data, int from, int to) {
        for (int i = from; i < to; i++) {
            data.send("lines", "line-" + i, WORDS.get(i % WORDS.size()));
        }
        data.flush();
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
