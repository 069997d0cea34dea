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
import io.annals.registry.RegistrySettings;
import io.annals.registry.RegistrySnapshot;
import io.annals.server.ArchiveStore;
import io.annals.server.InvalidSettingsException;
import io.annals.server.Settings;
import io.annals.server.StartException;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The archive that the settings name, for commands that need no server.
final class ArchiveOptions {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long CACHE_BYTES = 64L << 20; // 64 MiB
    private static final long PROGRESS_NANOS = 1_000_000_000;
    private static final int PARALLELISM = 4;

    @Mixin private SettingsOptions options;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    private long lastProgressNanos;

    int parallelism() {
        return PARALLELISM;
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
        return DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        Clock.systemUTC(),
                        RegistrySettings.defaults())
                .snapshot();
    }

    static CachedTars tars(ObjectStore store) {
        return new CachedTars(store, CACHE_BYTES, CACHE_BYTES);
    }

    /// Says on stderr how far it is, at most once a second.
    ArchiveProgress progress(String done) {
        lastProgressNanos = System.nanoTime();
        return (objects, total, bytes) -> {
            long now = System.nanoTime();
            if (now - lastProgressNanos > PROGRESS_NANOS) {
                lastProgressNanos = now;
                System.err.printf(
                        "%s %d of %d objects, %d MiB%n", done, objects, total, bytes >> 20);
            }
        };
    }

    /// @param summary one line
    void print(String summary, ObjectNode numbers, List<ArchiveFinding> findings) {
        if (json) {
            ArrayNode list = numbers.putArray("findings");
            for (ArchiveFinding finding : findings) {
                list.addObject()
                        .put("kind", kind(finding))
                        .put("key", finding.key())
                        .put("detail", finding.detail());
            }
            System.out.println(HttpApi.pretty(numbers));
            return;
        }
        for (ArchiveFinding finding : findings) {
            System.out.printf("%s %s: %s%n", kind(finding), finding.key(), finding.detail());
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
