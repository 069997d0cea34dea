package io.annals.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A server as users run it: a process started by `bin/annals server`, on free ports. Closing it
/// kills it. Confined to one thread.
final class AnnalsProcess implements AutoCloseable {
    static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern READY =
            Pattern.compile("annals ready kafka=(\\S+):(\\d+) http=(\\S+):(\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final BufferedReader stdout;
    private final Path stderr;
    private final String readyLine;
    private final Matcher ready;

    private AnnalsProcess(Process process, Path stderr) throws IOException {
        this.process = process;
        this.stderr = stderr;
        this.stdout = process.inputReader(StandardCharsets.UTF_8);
        String line = stdout.readLine();
        this.readyLine = line == null ? "" : line;
        this.ready = READY.matcher(readyLine);
        if (!ready.matches()) {
            process.destroyForcibly();
            throw new IOException("no server: [%s] %s".formatted(readyLine, stderr()));
        }
    }

    /// Starts a server on free ports and waits until it says that it is ready. What is archived
    /// leaves its hot tier at once, unless the settings say otherwise: so tests reach the archive.
    /// Its lease is short: who takes the archive of a killed one hardly waits; and what failed is
    /// tried again soon.
    ///
    /// @param settings `name=value` each
    static AnnalsProcess start(Path dataDirectory, String... settings) throws IOException {
        return start(dataDirectory, Ports.FREE, settings);
    }

    static AnnalsProcess start(Path dataDirectory, Ports ports, String... settings)
            throws IOException {
        return start(dataDirectory, ports, Map.of(), settings);
    }

    static AnnalsProcess start(
            Path dataDirectory, Ports ports, Map<String, String> environment, String... settings)
            throws IOException {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "server",
                                "--data-dir",
                                dataDirectory.toString(),
                                "--kafka-port",
                                Integer.toString(ports.kafka()),
                                "--http-port",
                                Integer.toString(ports.http()),
                                "--set",
                                "annals.wal.keep.ratio=0",
                                "--set",
                                "annals.archive.lease.ms=2000",
                                "--set",
                                "annals.archive.retry.backoff.max.ms=500"));
        for (String setting : settings) {
            arguments.add("--set");
            arguments.add(setting);
        }
        Path stderr = Files.createTempFile("annals-", ".stderr");
        ProcessBuilder builder = command(arguments);
        builder.environment().putAll(environment);
        return new AnnalsProcess(builder.redirectError(stderr.toFile()).start(), stderr);
    }

    /// Runs a command to its end.
    static Finished run(String... arguments) throws IOException, InterruptedException {
        return run(Map.of(), arguments);
    }

    static Finished run(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Path stdout = Files.createTempFile("annals-", ".stdout");
        Path stderr = Files.createTempFile("annals-", ".stderr");
        ProcessBuilder builder = command(List.of(arguments));
        builder.environment().putAll(environment);
        Process process =
                builder.redirectOutput(stdout.toFile()).redirectError(stderr.toFile()).start();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException("still running: annals " + String.join(" ", arguments));
        }
        Finished finished =
                new Finished(
                        process.exitValue(), Files.readString(stdout), Files.readString(stderr));
        Files.delete(stdout);
        Files.delete(stderr);
        return finished;
    }

    private static ProcessBuilder command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(REPOSITORY.resolve("bin/annals").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("ANNALS_BUILD", "never");
        builder.environment().putIfAbsent("ANNALS_HEAP", "512m");
        // Half of the processor time of a server that lives shortly would go to the other compiler.
        builder.environment().putIfAbsent("ANNALS_JVM_OPTS", "-XX:TieredStopAtLevel=1");
        return builder;
    }

    String readyLine() {
        return readyLine;
    }

    /// `HOST:PORT` for Kafka clients.
    String kafka() {
        return ready.group(1) + ":" + ready.group(2);
    }

    int kafkaPort() {
        return Integer.parseInt(ready.group(2));
    }

    int httpPort() {
        return Integer.parseInt(ready.group(4));
    }

    /// The base of the HTTP API, without a slash at the end.
    String http() {
        return "http://" + ready.group(3) + ":" + ready.group(4);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// SIGKILL: the process gets no chance to do anything.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM, and what the process ended with.
    Finished terminate() throws IOException, InterruptedException {
        process.toHandle().destroy(); // Process.destroy would close stdout, too
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException("did not end within %s: %s".formatted(PATIENCE, stderr()));
        }
        StringBuilder rest = new StringBuilder(readyLine).append('\n');
        stdout.lines().forEach(line -> rest.append(line).append('\n'));
        return new Finished(process.exitValue(), rest.toString(), stderr());
    }

    String stderr() {
        try {
            return Files.readString(stderr);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            Files.deleteIfExists(stderr);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A process that has ended.
    record Finished(int exitCode, String stdout, String stderr) {}

    /// Where a server listens; 0 takes a free port.
    record Ports(int kafka, int http) {
        static final Ports FREE = new Ports(0, 0);

        private static final int FIRST_TO_RESERVE = 20_000;
        private static final int LAST_TO_RESERVE = 32_000;

        /// Ports that are free now, for a server that is to come back to them. They lie below those
        /// that a system gives to outgoing connections, so that nobody takes them meanwhile.
        static Ports reserve() throws IOException {
            try (ServerSocket kafka = listen();
                    ServerSocket http = listen()) {
                return new Ports(kafka.getLocalPort(), http.getLocalPort());
            }
        }

        private static ServerSocket listen() throws IOException {
            BindException last = null;
            for (int attempt = 0; attempt < 100; attempt++) {
                int port = ThreadLocalRandom.current().nextInt(FIRST_TO_RESERVE, LAST_TO_RESERVE);
                try {
                    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
                } catch (BindException e) {
                    last = e;
                }
            }
            throw new IOException("no free port", last);
        }
    }
}
