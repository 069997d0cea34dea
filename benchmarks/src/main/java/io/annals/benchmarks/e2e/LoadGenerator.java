package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/// The load, in a JVM of its own: stock Java clients, and nothing else on their processor time.
/// Arguments are the kind of load, the bootstrap address, the topic, and what [LoadSettings] says;
/// it prints one line, a [Load].
public final class LoadGenerator {
    private LoadGenerator() {}

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[1];
        String topic = arguments[2];
        List<String> rest = List.of(arguments).subList(3, arguments.length);
        Load load =
                switch (arguments[0]) {
                    case "produce" ->
                            new ProduceLoad(bootstrap, topic, LoadSettings.parse(rest)).run();
                    case "consume" ->
                            new ConsumeLoad(bootstrap, topic, LoadSettings.parse(rest)).run();
                    case "tail" -> new TailLoad(bootstrap, topic, LoadSettings.parse(rest)).run();
                    case "seek" -> new SeekLoad(bootstrap, topic, LoadSettings.parse(rest)).run();
                    case "grouped" -> grouped(bootstrap, topic, rest);
                    default ->
                            throw new IllegalArgumentException(
                                    "unknown load "
                                            + arguments[0]
                                            + ", allowed: produce, consume, tail, seek, grouped");
                };
        System.out.println(load.line());
    }

    /// Runs a load in a new JVM and returns what it printed.
    static Load run(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xms512m",
                                "-Xmx2g", // 16 consumers may each hold 50 MiB that they fetched
                                "-XX:+UseG1GC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                LoadGenerator.class.getName()));
        command.addAll(List.of(arguments));
        return Load.parse(lastLine(command));
    }

    /// Runs a load of a kind on a topic in a new JVM.
    static Load run(String kind, String bootstrap, String topic, List<String> settings)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(kind, bootstrap, topic));
        arguments.addAll(settings);
        return run(arguments.toArray(String[]::new));
    }

    /// The last line that a program prints.
    ///
    /// @throws IOException if it ends with anything but 0, with all it printed
    static String lastLine(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("annals-load", ".stderr");
        try {
            Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
            String out =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException(
                        "the load ended with %d:\n%s%s"
                                .formatted(code, out, Files.readString(errors)));
            }
            return out.strip().lines().reduce((_, last) -> last).orElse("");
        } finally {
            Files.delete(errors);
        }
    }

    static void createTopic(String bootstrap, String topic, int partitions)
            throws ExecutionException, InterruptedException {
        createTopic(bootstrap, topic, partitions, Map.of());
    }

    static void createTopic(
            String bootstrap, String topic, int partitions, Map<String, String> settings)
            throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Processes.client(bootstrap, 120_000))) {
            NewTopic wanted = new NewTopic(topic, partitions, (short) 1).configs(settings);
            admin.createTopics(List.of(wanted)).all().get();
        }
    }

    static void deleteTopic(String bootstrap, String topic)
            throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Processes.client(bootstrap, 120_000))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    /// Processor time of this process so far.
    static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
                / 1e3;
    }

    /// `records payload mode recordsPerGroup producers`.
    private static Load grouped(String bootstrap, String topic, List<String> arguments)
            throws Exception {
        BatchedLoad load =
                new BatchedLoad(
                        bootstrap,
                        topic,
                        Long.parseLong(arguments.get(0)),
                        Integer.parseInt(arguments.get(3)),
                        BatchedLoad.Mode.valueOf(arguments.get(2)));
        BatchedLoad.Outcome outcome =
                load.run(Integer.parseInt(arguments.get(4)), Payloads.of(arguments.get(1)));
        List<BatchedLoad.Share> shares = outcome.shares();
        double seconds = outcome.seconds();
        Latencies latencies = new Latencies();
        shares.forEach(share -> Arrays.stream(share.latenciesNanos()).forEach(latencies::add));
        long bytes = shares.stream().mapToLong(BatchedLoad.Share::bytes).sum();
        return new Load(
                shares.stream().mapToLong(BatchedLoad.Share::records).sum(),
                bytes,
                seconds,
                latencies.ms(0.5),
                latencies.ms(0.99),
                cpuSeconds(),
                bytes / seconds);
    }
}
