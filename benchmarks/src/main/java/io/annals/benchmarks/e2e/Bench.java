package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Machine;
import io.annals.benchmarks.results.RecordedRuns;
import io.annals.benchmarks.results.RunRecord;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The command line of the end-to-end benchmarks. Every run prints a Markdown table on stdout, the
/// samples on stderr as they come, leaves a record of itself, and cleans up after itself.
@Command(
        name = "annals bench",
        description = "Measures Annals and its peers in one run, as real processes.",
        subcommands = {
            LimitsBench.class,
            ProduceBench.class,
            ConsumeBench.class,
            WarmBench.class,
            LatencyBench.class,
            AllocationBench.class,
            PartitionsBench.class,
            TransactionsBench.class,
            RecoveryBench.class,
            SearchBench.class,
            StorageBench.class,
            VerifyBench.class,
            StartBench.class,
            IndexBench.class,
            S3Bench.class,
            RegistryBench.class,
            RebuildBench.class,
            ProfileCommand.class,
            TableCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Bench implements Callable<Integer> {
    @Option(
            names = "--quick",
            description =
                    "the regression guard: a few short cases, compared with what was recorded;"
                            + " exit code 1 if something fell by more than its noise")
    private boolean quick;

    @Option(names = "--record", description = "keep this quick run to compare the next ones with")
    private boolean record;

    @Option(
            names = "--results",
            description = "folder of the records (default: benchmarks/results)")
    private Path results = Processes.ROOT.resolve("benchmarks/results");

    private Bench() {}

    @Override
    public Integer call() throws Exception {
        if (!quick) {
            commandLine().usage(System.err);
            return CommandLine.ExitCode.USAGE;
        }
        return new QuickRun(results, record).run();
    }

    public static void main(String[] arguments) {
        Processes.endAllAtExit();
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Bench());
    }

    /// Options that every benchmark has, and what every benchmark does with its results.
    static final class Common {
        @Option(
                names = "--dir",
                description = "scratch directory, on the disk to measure (default: build folder)")
        Path directory = Processes.ROOT.resolve("benchmarks/target/scratch");

        @Option(
                names = "--repetitions",
                description = "samples per case and side (default: ${DEFAULT-VALUE})")
        int repetitions = 3;

        @Option(
                names = "--results",
                description = "folder for the record of the run (default: benchmarks/results)")
        Path results = Processes.ROOT.resolve("benchmarks/results");

        @Spec(Spec.Target.MIXEE)
        private @Nullable CommandSpec scenario;

        /// An empty directory under the scratch directory.
        Path fresh(String name) throws IOException {
            Path fresh = directory.toAbsolutePath().resolve(name);
            Processes.delete(fresh);
            Files.createDirectories(fresh);
            return fresh;
        }

        /// Prints the table of a run and records the run.
        void publish(Results run) throws IOException {
            run.print();
            Files.createDirectories(directory);
            CommandSpec command = Objects.requireNonNull(scenario);
            Instant endedAt = Clock.systemUTC().instant();
            Path file =
                    new RecordedRuns(results)
                            .write(
                                    new RunRecord(
                                            command.qualifiedName()
                                                    .substring(command.root().name().length() + 1),
                                            command.root()
                                                    .commandLine()
                                                    .getParseResult()
                                                    .originalArgs(),
                                            run.startedAt()
                                                    .truncatedTo(ChronoUnit.SECONDS)
                                                    .toString(),
                                            Duration.between(run.startedAt(), endedAt).toMillis()
                                                    / 1e3,
                                            run.checkout().commit(),
                                            run.checkout().dirty(),
                                            Machine.observe(directory),
                                            run.loadBefore(),
                                            Machine.loadAverages(),
                                            run.notes(),
                                            run.cases()));
            System.err.println("recorded in " + Processes.ROOT.relativize(file.toAbsolutePath()));
        }
    }
}
