package io.annals.compatibility.peer;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/// One Apache Kafka node (KRaft, combined mode) from its published jars, in a process of its own.
public final class KafkaPeer implements Peer {
    private final Path dataDir;
    private final int port;
    private final Path config;
    private final String classPath;
    private @Nullable Process process;

    /// With Kafka's own defaults, as far as one node allows.
    public KafkaPeer(Path dataDir) throws IOException, InterruptedException {
        this(dataDir, Map.of());
    }

    /// A Kafka 4.3 with its tiered storage, kept in local files by the remote storage manager that
    /// Kafka's own tests use, which later versions do not publish.
    public static KafkaPeer tiered(Path dataDir) throws IOException, InterruptedException {
        String remote = "org.apache.kafka.server.log.remote.";
        Map<String, String> settings = new HashMap<>();
        settings.put("remote.log.storage.system.enable", "true");
        settings.put(
                "remote.log.storage.manager.class.name", remote + "storage.LocalTieredStorage");
        settings.put("remote.log.storage.manager.impl.prefix", "rsm.config.");
        settings.put("rsm.config.dir", dataDir.resolve("remote").toString());
        settings.put("rsm.config.delete.on.close", "false");
        settings.put(
                "remote.log.metadata.manager.class.name",
                remote + "metadata.storage.TopicBasedRemoteLogMetadataManager");
        settings.put("remote.log.metadata.manager.listener.name", "PLAINTEXT");
        settings.put("remote.log.metadata.manager.impl.prefix", "rlmm.config.");
        settings.put("rlmm.config.remote.log.metadata.topic.replication.factor", "1");
        settings.put("rlmm.config.remote.log.metadata.topic.num.partitions", "5");
        settings.put("remote.log.manager.task.interval.ms", "1000");
        settings.put("log.retention.check.interval.ms", "1000");
        return new KafkaPeer(dataDir, settings, Jars.of("kafka-tiered"));
    }

    /// @param settings broker settings besides the ones that a single node needs
    public KafkaPeer(Path dataDir, Map<String, String> settings)
            throws IOException, InterruptedException {
        this(dataDir, settings, Jars.of("kafka-broker"));
    }

    private KafkaPeer(Path dataDir, Map<String, String> settings, String classPath)
            throws IOException, InterruptedException {
        this.dataDir = dataDir;
        Files.createDirectories(dataDir);
        this.classPath = classPath;
        this.port = Processes.freePort();
        int controllerPort = Processes.freePort();
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
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                """
                                .formatted(port, controllerPort, dataDir.resolve("logs"))
                        + settings.entrySet().stream()
                                .map(setting -> setting.getKey() + "=" + setting.getValue() + "\n")
                                .collect(Collectors.joining()));
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
            try (Admin admin = Admin.create(Processes.client(bootstrap(), 2000))) {
                admin.describeCluster().nodes().get();
                return;
            } catch (ExecutionException _) {
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
                                        + Jars.CLIENTS.resolve("log4j2.properties"),
                                "-cp",
                                classPath,
                                mainClass));
        command.addAll(List.of(arguments));
        File log = log().toFile();
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectError(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    public Path dataDir() {
        return dataDir;
    }

    private Path log() {
        return dataDir.resolve("server.log");
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
