package io.annals.compatibility.peer;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Annals as a user starts it: `bin/annals server`.
public final class AnnalsPeer implements Peer {
    private final Path dataDir;
    private final Map<String, String> settings;
    private final Path log;
    private @Nullable Process process;
    private String bootstrap = "";
    private String http = "";

    /// @param settings passed with `--set`
    public AnnalsPeer(Path dataDir, Map<String, String> settings) throws IOException {
        this.dataDir = dataDir;
        this.settings = Map.copyOf(settings);
        this.log = dataDir.resolveSibling(dataDir.getFileName() + ".log");
        Files.createDirectories(dataDir.getParent());
    }

    @Override
    public String name() {
        return "annals";
    }

    @Override
    public void start() throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.ROOT.resolve("bin/annals").toString(),
                                "server",
                                "--data-dir",
                                dataDir.toString(),
                                "--kafka-port",
                                "0",
                                "--http-port",
                                "0",
                                "--set",
                                "annals.wal.keep.ratio=0")); // what is sealed is read as archived
        settings.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.redirectError(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
        process = builder.start();
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("annals ready ")) {
                bootstrap = line.replaceAll(".*kafka=(\\S+).*", "$1");
                http = line.replaceAll(".*http=(\\S+).*", "$1");
                return;
            }
        }
        throw new IOException("annals did not start, see " + log);
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
        return bootstrap;
    }

    /// Base of the HTTP API, `http://host:port`.
    public String http() {
        return "http://" + http;
    }

    /// Archiving and live indexing.
    @Override
    public double extraCpuSeconds() throws IOException {
        return ThreadTimes.cpuSeconds(pid(), List.of("archiver-", "live-index-"));
    }

    public Path dataDir() {
        return dataDir;
    }

    @Override
    public long pid() {
        return Objects.requireNonNull(process).pid();
    }
}
