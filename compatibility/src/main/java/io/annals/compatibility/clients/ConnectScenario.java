package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A distributed Connect worker copies a file into a topic and the topic into a file; it is killed,
/// the file grows, another worker goes on. Its configuration, offsets and status are in compacted
/// topics, its membership in a group.
final class ConnectScenario implements Scenario {
    private static final String FEATURE = "file to topic to file, worker killed and resumed";
    private static final int LINES = 200;
    private static final int PATIENCE_SECONDS = 120;

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String client() {
        return "Kafka Connect 4.3.1";
    }

    @Override
    public List<String> features() {
        return List.of(FEATURE);
    }

    @Override
    public Map<String, String> run(Side side) throws IOException, InterruptedException {
        Path source = side.scratch().resolve("source.txt");
        Path sink = side.scratch().resolve("sink.txt");
        Files.writeString(source, lines(0, LINES));
        int port = Processes.freePort();
        Process worker = start(side, port, "first");
        try {
            if (!created(port, "file-source", "FileStreamSource", "topic", source)
                    || !created(port, "file-sink", "FileStreamSink", "topics", sink)) {
                return Map.of(FEATURE, "failed: the worker takes no connectors");
            }
            if (!awaitLines(sink, LINES)) {
                return Map.of(FEATURE, "failed: %d lines copied".formatted(count(sink)));
            }
        } finally {
            worker.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        if (!side.sealUrl().isEmpty()) {
            Http.post(side.sealUrl());
        }
        Files.writeString(source, lines(LINES, LINES * 2), StandardOpenOption.APPEND);
        worker = start(side, port, "second");
        try {
            awaitLines(sink, LINES * 2);
            List<String> copied = Files.readAllLines(sink);
            return Map.of(
                    FEATURE,
                    "%d different lines, all there: %s"
                            .formatted(
                                    copied.stream().distinct().count(),
                                    copied.containsAll(Files.readAllLines(source))));
        } finally {
            worker.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }

    private static String lines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "line " + i + "\n")
                .collect(Collectors.joining());
    }

    private static boolean awaitLines(Path file, int lines)
            throws IOException, InterruptedException {
        for (int i = 0; i < PATIENCE_SECONDS; i++) {
            if (count(file) >= lines) {
                return true;
            }
            Thread.sleep(1_000);
        }
        return false;
    }

    private static long count(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    private static Process start(Side side, int port, String run)
            throws IOException, InterruptedException {
        Path config = side.scratch().resolve("connect.properties");
        Files.writeString(
                config,
                """
                bootstrap.servers=%s
                group.id=connect
                listeners=http://127.0.0.1:%d
                key.converter=org.apache.kafka.connect.storage.StringConverter
                value.converter=org.apache.kafka.connect.storage.StringConverter
                config.storage.topic=connect-configs
                offset.storage.topic=connect-offsets
                status.storage.topic=connect-status
                config.storage.replication.factor=1
                offset.storage.replication.factor=1
                status.storage.replication.factor=1
                offset.storage.partitions=2
                status.storage.partitions=2
                offset.flush.interval.ms=500
                session.timeout.ms=6000
                heartbeat.interval.ms=1000
                scheduled.rebalance.max.delay.ms=0
                """
                        .formatted(side.bootstrap(), port));
        return Processes.javaWithLog(
                Jars.of("kafka-connect"),
                side.scratch().resolve("connect-" + run + ".out"),
                "org.apache.kafka.connect.cli.ConnectDistributed",
                config.toString());
    }

    private static boolean created(
            int port, String name, String connector, String topicSetting, Path file)
            throws InterruptedException {
        String body =
                """
                {"name":"%s","config":{"connector.class":"%s","tasks.max":"1","%s":"connected","file":"%s"}}\
                """
                        .formatted(name, connector, topicSetting, file);
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/connectors"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int i = 0; i < PATIENCE_SECONDS; i++) {
                try {
                    int status =
                            client.send(request, HttpResponse.BodyHandlers.discarding())
                                    .statusCode();
                    if (status == 201 || (status == 409 && i > 0)) {
                        return true;
                    }
                } catch (IOException _) {
                    // not listening yet
                }
                Thread.sleep(1_000);
            }
        }
        return false;
    }
}
