package io.annals.compatibility.peer;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.Utils;

/// What both kinds of server need: the checkout's root, ending a process, emptying a directory.
public final class Processes {
    public static final Path ROOT =
            Path.of(System.getProperty("annals.root", ".")).toAbsolutePath().normalize();

    private static final int PATIENCE_AT_EXIT_SECONDS = 15;

    private static volatile boolean ending;

    private Processes() {}

    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /// Starts somebody else's main class; what it says goes to `log`.
    public static Process javaWithLog(
            String classPath, Path log, String mainClass, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                java(),
                                "-Xmx512m",
                                "--enable-native-access=ALL-UNNAMED",
                                "-Dlog4j2.configurationFile="
                                        + Jars.CLIENTS.resolve("log4j2.properties"),
                                "-cp",
                                classPath,
                                mainClass));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /// Settings of a Java client that gives up after `timeoutMs`.
    public static Map<String, Object> client(String bootstrap, int timeoutMs) {
        return Map.of(
                "bootstrap.servers",
                bootstrap,
                "request.timeout.ms",
                timeoutMs,
                "default.api.timeout.ms",
                timeoutMs);
    }

    public static void terminate(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    /// Ends whatever this process has started, and what that has started, when it is told to end
    /// itself: by Ctrl-C, say. What does not end in time is killed.
    public static void endAllAtExit() {
        Runtime.getRuntime().addShutdownHook(new Thread(Processes::endAll, "end-processes"));
    }

    /// Whether this process is on its way out: what its children did last was not their own will.
    public static boolean ending() {
        return ending;
    }

    private static void endAll() {
        ending = true;
        List<ProcessHandle> children = ProcessHandle.current().descendants().toList();
        children.forEach(ProcessHandle::destroy);
        try {
            CompletableFuture.allOf(
                            children.stream()
                                    .map(ProcessHandle::onExit)
                                    .toArray(CompletableFuture<?>[]::new))
                    .get(PATIENCE_AT_EXIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException _) {
            // Killed below.
        }
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    }

    /// Deletes a folder and all that is in it; no error if it is not there.
    public static void delete(Path directory) throws IOException {
        Utils.delete(directory.toFile());
    }

    public static long sizeOf(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
        }
    }

    /// Writes everything back and asks the kernel to forget clean pages, so that the next read is
    /// cold.
    public static boolean dropPageCache() throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches")
                        .redirectErrorStream(true)
                        .start()
                        .waitFor()
                == 0;
    }
}
