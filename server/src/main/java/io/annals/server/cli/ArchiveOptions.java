package io.annals.server.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.annals.archive.ArchiveFinding;
import io.annals.archive.ArchiveProgress;
import io.annals.archive.CachedTars;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistrySnapshot;
import io.annals.server.ArchiveStore;
import io.annals.server.InvalidSettingsException;
import io.annals.server.Settings;
import io.annals.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The archive that the settings name, for commands that need no server.
final class ArchiveOptions {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long CACHE_BYTES = 64L << 20; // 64 MiB
    private static final int MAX_PARALLELISM = 256;
    private static final long PROGRESS_NANOS = 1_000_000_000;
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    @Mixin private SettingsOptions options;

    @Mixin private OutputOptions output;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            description = "Objects that are read at the same time (default: twice the processors).")
    private Optional<Integer> parallelism = Optional.empty();

    @Option(
            names = "--progress",
            description = "Say on stderr how far it is, also if that is not a terminal.")
    private boolean progress;

    private long startNanos;
    private long lastProgressNanos;

    int parallelism() throws CommandFailedException {
        int wanted = parallelism.orElse(2 * Runtime.getRuntime().availableProcessors());
        if (wanted < 1 || wanted > MAX_PARALLELISM) {
            throw new CommandFailedException(
                    ExitCode.USAGE,
                    "--parallelism %d: allowed are 1 to %d".formatted(wanted, MAX_PARALLELISM));
        }
        return wanted;
    }

    boolean isJson() {
        return output.isJson();
    }

    Settings settings() throws StartException, InvalidSettingsException {
        return options.load();
    }

    ObjectStore open(ArchiveStore.Use use) throws Exception {
        Settings settings = settings();
        if (!ArchiveStore.exists(settings)) {
            throw new CommandFailedException(
                    ExitCode.DATA_DIRECTORY_UNUSABLE,
                    "there is no archive in " + settings.dataDirectory());
        }
        return ArchiveStore.open(settings, use);
    }

    /// The catalogue of that archive, as of now.
    static RegistrySnapshot registry(ObjectStore store) throws IOException {
        return DurableRegistry.newest(new ObjectRegistryStore(store));
    }

    static CachedTars tars(ObjectStore store) {
        return new CachedTars(store, CACHE_BYTES, CACHE_BYTES);
    }

    /// Says on stderr how far it is and how fast, at most once a second.
    ArchiveProgress progress(String done) {
        startNanos = System.nanoTime();
        lastProgressNanos = startNanos;
        if (!progress && !isTerminal()) {
            return ArchiveProgress.NONE;
        }
        return (objects, total, bytes) -> {
            long now = System.nanoTime();
            if (now - lastProgressNanos > PROGRESS_NANOS || objects == total) {
                lastProgressNanos = now;
                System.err.printf(
                        "%s %d of %d objects, %d MiB, %.0f MiB/s%n",
                        done, objects, total, bytes >> 20, bytes / seconds() / (1 << 20));
            }
        };
    }

    /// Since the progress began.
    double seconds() {
        return Math.max(1, System.nanoTime() - startNanos) / 1e9;
    }

    private static boolean isTerminal() {
        try {
            String stderr = Files.readSymbolicLink(STDERR).toString();
            return stderr.startsWith("/dev/pts/") || stderr.startsWith("/dev/tty");
        } catch (IOException _) {
            return false; // no such folder on this system
        }
    }

    /// @param summary one line
    void print(String summary, ObjectNode numbers, List<ArchiveFinding> findings) {
        if (output.isJson()) {
            ArrayNode list = numbers.putArray("findings");
            for (ArchiveFinding finding : findings) {
                list.addObject()
                        .put("kind", kind(finding))
                        .put("key", finding.key())
                        .put("detail", finding.detail())
                        .put("cure", finding.cure());
            }
            System.out.println(HttpApi.pretty(numbers));
            return;
        }
        for (ArchiveFinding finding : findings) {
            System.out.printf("%s %s: %s%n", kind(finding), finding.key(), finding.detail());
            if (finding.isProblem()) {
                System.out.printf("  cure: %s%n", finding.cure());
            }
        }
        System.out.println(summary);
    }

    static ObjectNode numbers() {
        return JSON.createObjectNode();
    }

    static List<ArchiveFinding> problems(List<ArchiveFinding> findings) {
        List<ArchiveFinding> problems = new ArrayList<>(findings);
        problems.removeIf(finding -> !finding.isProblem());
        return problems;
    }

    private static String kind(ArchiveFinding finding) {
        return finding.kind().name().toLowerCase(Locale.ROOT);
    }
}
