package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Guard;
import io.annals.benchmarks.results.RecordedRuns;
import io.annals.benchmarks.results.RunRecord;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The regression guard, `bin/annals bench --quick`: a few cases of several scenarios, short,
/// beside their peers, compared with what was recorded. Ends in under [#BUDGET], if need be with a
/// part left out, which it says.
///
/// @param results folder of what was recorded
/// @param record whether this run becomes what the next ones are compared with
record QuickRun(Path results, boolean record) {
    static final String SCENARIO = "quick";

    private static final Duration BUDGET = Duration.ofMinutes(5);

    /// What the longest part takes: none is begun when less is left.
    private static final Duration PART = Duration.ofSeconds(100);

    private static final List<String> PARTS =
            List.of(
                    "produce --cases 1000:1:16:none --sides annals,kafka --seconds 3",
                    "consume --consumers 1 --records 200000 --no-warm --sides annals,kafka",
                    "start",
                    "index --records 50000",
                    "latency --rate 2000 --seconds 2 --sides annals,kafka");

    /// @return 0, or 1 if something fell by more than its noise
    int run() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Path parts = Processes.ROOT.resolve("benchmarks/target/quick");
        Processes.delete(parts);
        List<String> leftOut = new ArrayList<>();
        for (String part : PARTS) {
            if (Duration.ofNanos(System.nanoTime() - begin).plus(PART).compareTo(BUDGET) > 0) {
                leftOut.add("left out for want of time: " + part);
                continue;
            }
            System.err.println(part);
            int code = Bench.commandLine().execute((part + " --results " + parts).split(" "));
            if (code != 0) {
                throw new IOException("failed: " + part);
            }
        }
        RunRecord now =
                RunRecord.joined(SCENARIO, List.of("--quick"), new RecordedRuns(parts).all());
        for (String note : leftOut) {
            System.out.println(note);
        }
        RecordedRuns recorded = new RecordedRuns(results);
        List<Guard.Line> lines = Guard.compare(now, before(recorded.all()));
        System.out.println();
        System.out.print(Guard.render(lines));
        if (record) {
            System.err.println("recorded in " + recorded.write(now));
        }
        Files.createDirectories(parts);
        return lines.stream().anyMatch(Guard.Line::fell) ? 1 : 0;
    }

    /// The newest quick run; what it does not have comes from the full runs.
    private static Optional<RunRecord> before(List<RunRecord> recorded) {
        List<RunRecord> full =
                recorded.stream().filter(run -> !run.scenario().equals(SCENARIO)).toList();
        Optional<RunRecord> quick =
                recorded.stream()
                        .filter(run -> run.scenario().equals(SCENARIO))
                        .reduce((_, later) -> later);
        if (full.isEmpty()) {
            return quick;
        }
        RunRecord joined = RunRecord.joined(SCENARIO, List.of(), full);
        return Optional.of(quick.map(joined::replacedBy).orElse(joined));
    }
}
