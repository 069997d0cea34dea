package io.annals.benchmarks.results;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The folder of recorded runs: a JSON file each, named by time and scenario, never overwritten.
public final class RecordedRuns {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path folder;

    public RecordedRuns(Path folder) {
        this.folder = folder;
    }

    /// @return the new file
    public Path write(RunRecord run) throws IOException {
        Files.createDirectories(folder);
        String time = run.startedAt().replaceAll("\\.[0-9]+", "").replace(":", "");
        Path file = folder.resolve(time + "-" + run.scenario().replace(' ', '-') + ".json");
        Files.writeString(
                file,
                JSON.writeValueAsString(run) + "\n",
                java.nio.file.StandardOpenOption.CREATE_NEW);
        return file;
    }

    /// All of them, oldest first.
    ///
    /// @throws IOException if a file is none of ours, naming it
    public List<RunRecord> all() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<RunRecord> runs = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
                runs.add(read(file));
            }
        }
        runs.sort(Comparator.comparing(RunRecord::startedAt));
        return runs;
    }

    /// The newest one of a scenario.
    public Optional<RunRecord> newest(String scenario) throws IOException {
        return all().stream()
                .filter(run -> run.scenario().equals(scenario))
                .reduce((_, later) -> later);
    }

    static RunRecord read(Path file) throws IOException {
        try {
            return JSON.readValue(file.toFile(), RunRecord.class);
        } catch (com.fasterxml.jackson.core.JacksonException e) {
            throw new IOException(file + " is not the record of a run: " + e.getMessage(), e);
        }
    }
}
