package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command line of the end-to-end benchmarks. Every run prints a Markdown table on stdout, the
/// samples on stderr as they come, and cleans up after itself.
@Command(
        name = "annals-bench",
        description = "Measures Annals and its peers in one run, as real processes.",
        subcommands = {
            ProduceConsumeBench.class,
            TransactionsBench.class,
            RecoveryBench.class,
            SearchBench.class,
            StartBench.class,
            IndexBench.class,
            S3Bench.class,
            RegistryBench.class,
            RebuildBench.class,
            CommandLine.HelpCommand.class
        })
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    /// Options that every benchmark has.
    static final class Common {
        @Option(
                names = "--dir",
                description = "scratch directory, on the disk to measure (default: build folder)")
        Path directory = Processes.ROOT.resolve("benchmarks/target/scratch");

        @Option(
                names = "--repetitions",
                description = "samples per case and side (default: ${DEFAULT-VALUE})")
        int repetitions = 3;

        /// An empty directory under the scratch directory.
        Path fresh(String name) throws java.io.IOException {
            Path fresh = directory.toAbsolutePath().resolve(name);
            Processes.delete(fresh);
            Files.createDirectories(fresh);
            return fresh;
        }
    }
}
