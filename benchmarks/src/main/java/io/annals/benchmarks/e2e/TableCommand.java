package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.PerformanceTable;
import io.annals.benchmarks.results.RecordedRuns;
import io.annals.compatibility.peer.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Renders the recorded runs into the document about performance.
@Command(
        name = "table",
        description = "renders the newest record of each case into docs/performance.md")
final class TableCommand implements Callable<Integer> {
    @Option(
            names = "--results",
            description = "folder of the records (default: benchmarks/results)")
    private Path results = Processes.ROOT.resolve("benchmarks/results");

    @Option(
            names = "--document",
            description = "file with the markers (default: docs/performance.md)")
    private Path document = Processes.ROOT.resolve("docs/performance.md");

    @Override
    public Integer call() throws Exception {
        String table = PerformanceTable.render(new RecordedRuns(results).all());
        Files.writeString(document, PerformanceTable.replaceIn(Files.readString(document), table));
        return 0;
    }
}
