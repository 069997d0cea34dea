package io.annals.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedRunsTest {
    @TempDir private Path folder;

    @Test
    void aRunIsReadAsItWasWritten() throws IOException {
        RunRecord run =
                Runs.run(
                        "2026-01-02T03:04:05.678Z",
                        Runs.beside(Runs.PRODUCE, List.of(90.0, 120.5), List.of(100.0, 80.0)),
                        Runs.annals(Measure.lower("start", "s"), 0.8));
        RecordedRuns runs = new RecordedRuns(folder);

        Path file = runs.write(run);

        assertThat(file.getFileName()).hasToString("2026-01-02T030405Z-produce.json");
        assertThat(runs.all()).containsExactly(run);
    }

    @Test
    void whatFollowsFromTheSamplesIsWrittenBesideThemForOtherReaders() throws IOException {
        RunRecord run =
                Runs.run(
                        "2026-01-02T03:04:05Z",
                        Runs.beside(Runs.PRODUCE, List.of(90.0, 120.0, 60.0), List.of(45.0)));

        String json = Files.readString(new RecordedRuns(folder).write(run));

        assertThat(json.replaceAll("\\s", ""))
                .contains(
                        "\"annals\":{\"samples\":[90.0,120.0,60.0]",
                        "\"min\":60.0",
                        "\"max\":120.0",
                        "\"median\":90.0",
                        "\"ratios\":{\"kafka\":2.0}");
    }

    @Test
    void theNewestRunOfAScenarioIsFound() throws IOException {
        RecordedRuns runs = new RecordedRuns(folder);
        CaseRecord c = Runs.annals(Measure.lower("start", "s"), 0.8);
        runs.write(Runs.run("2026-03-01T00:00:00Z", c));
        runs.write(Runs.run("2026-02-01T00:00:00Z", c));

        assertThat(runs.newest("produce").orElseThrow().startedAt())
                .isEqualTo("2026-03-01T00:00:00Z");
        assertThat(runs.newest("search")).isEmpty();
    }

    @Test
    void aRecordIsNeverOverwritten() throws IOException {
        RecordedRuns runs = new RecordedRuns(folder);
        RunRecord run = Runs.run("2026-03-01T00:00:00Z", Runs.annals(Runs.PRODUCE, 1.0));
        runs.write(run);

        assertThatThrownBy(() -> runs.write(run)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void aFileThatIsNoRecordIsNamed() throws IOException {
        Files.writeString(folder.resolve("broken.json"), "{\"scenario\": ");

        assertThatThrownBy(() -> new RecordedRuns(folder).all())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("broken.json");
    }

    @Test
    void noFolderMeansNoRuns() throws IOException {
        assertThat(new RecordedRuns(folder.resolve("none")).all()).isEmpty();
    }
}
