package io.annals.benchmarks.e2e;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/// One Apache Kafka node (KRaft, combined mode) from its published jars, with Kafka's own defaults.
final class KafkaPeer implements Peer {
    private final Path dataDir;
    private final int port;
    private final Path config;
    private @Nullable Process process;

    KafkaPeer(Path dataDir) throws IOException, InterruptedException {
        this.dataDir = dataDir;
        Files.createDirectories(dataDir);
        this.port = freePort();
        int controllerPort = freePort();
        this.config = dataDir.resolve("server.properties");
        Files.writeString(
                config,
                """
                process.roles=broker,controller
                node.id=1
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                controller.quorum.bootstrap.servers=127.0.0.1:%2$d
                log.dirs=%3$s
                num.network.threads=3
                num.io.threads=8
                socket.send.buffer.bytes=102400
                socket.receive.buffer.bytes=102400
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                """
                        .formatted(port, controllerPort, dataDir.resolve("logs")));
        int formatted =
                run(
                                "kafka.tools.StorageTool",
                                "format",
                                "--standalone",
                                "-t",
                                "4L6g3nShT-eMCtK--X86sw",
                                "-c",
                                config.toString())
                        .waitFor();
        if (formatted != 0) {
            throw new IOException("kafka's storage was not formatted, see " + log());
        }
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public void start() throws IOException, InterruptedException {
        process = run("kafka.Kafka", config.toString());
        for (int i = 0; i < 120; i++) {
            try (Admin admin = Admin.create(LoadGenerator.client(bootstrap(), 2000))) {
                admin.describeCluster().nodes().get();
                return;
            } catch (java.util.concurrent.ExecutionException e) {
                Thread.sleep(500);
            }
        }
        throw new IOException("kafka did not start, see " + log());
    }

    private Process run(String mainClass, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xms1g",
                                "-Xmx1g",
                                "-XX:+UseG1GC",
                                "-XX:MaxGCPauseMillis=20",
                                "-XX:InitiatingHeapOccupancyPercent=35",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-Dlog4j2.configurationFile="
                                        + Processes.ROOT.resolve(
                                                "benchmarks/peers/log4j2.properties"),
                                "-cp",
                                Processes.ROOT.resolve("benchmarks/target/peers/kafka-broker")
                                        + "/*",
                                mainClass));
        command.addAll(List.of(arguments));
        File log = log().toFile();
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectError(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    private Path log() {
        return dataDir.resolve("server.log");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void stop() throws InterruptedException {
        if (process != null) {
            Processes.terminate(process);
        }
    }

    @Override
    public void kill() throws InterruptedException {
        Objects.requireNonNull(process).destroyForcibly().waitFor();
    }

    @Override
    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    @Override
    public long pid() {
        return Objects.requireNonNull(process).pid();
    }
}
