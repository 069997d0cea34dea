package io.annals.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.annals.archive.ArchiveFinding;
import io.annals.archive.ArchiveVerifier;
import io.annals.archive.ObjectStore;
import io.annals.registry.RegistrySnapshot;
import io.annals.server.ArchiveStore;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Recomputes every hash in the archive. Needs no server, does not mind one, and writes nothing.
@Command(
        name = "verify",
        description = {
            "Recomputes every hash in the archive; names what is damaged, missing or unexpected.",
            "Exit codes: 0 all as written; 9 something is damaged, missing or unexpected; 1 some"
                    + " objects could not be read, and nothing else is wrong; 11 the store cannot"
                    + " be used."
        },
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    @Mixin private ArchiveOptions archive;

    @Option(
            names = "--all-generations",
            description =
                    "Read objects of older generations that are kept, too; otherwise it is"
                            + " only seen that they are there.")
    private boolean allGenerations;

    @Option(
            names = "--unpack",
            description =
                    "Unpack each object and look at every batch, too, though its hash says that it"
                            + " is as written.")
    private boolean unpack;

    @Override
    public Integer call() throws Exception {
        try (ObjectStore store = archive.open(ArchiveStore.Use.READ)) {
            ArchiveVerifier verifier = new ArchiveVerifier(store, archive.parallelism(), unpack);
            RegistrySnapshot snapshot = ArchiveOptions.registry(store);
            ArchiveVerifier.Report report =
                    verifier.verify(
                            snapshot,
                            allGenerations
                                    ? ArchiveVerifier.Depth.KEPT
                                    : ArchiveVerifier.Depth.CURRENT,
                            archive.progress("verified"));
            print(snapshot, report);
            return exitCode(report.findings());
        }
    }

    private void print(RegistrySnapshot snapshot, ArchiveVerifier.Report report) {
        double seconds = archive.seconds();
        int problems = ArchiveOptions.problems(report.findings()).size();
        ObjectNode numbers =
                ArchiveOptions.numbers()
                        .put("objects", report.objects())
                        .put("size_bytes", report.sizeBytes())
                        .put("generation", snapshot.generation())
                        .put("problems", problems)
                        .put("seconds", seconds)
                        .put("bytes_per_second", Math.round(report.sizeBytes() / seconds));
        archive.print(
                "%d objects, %d bytes, generation %d, %.1f s, %.0f MiB/s: %s"
                        .formatted(
                                report.objects(),
                                report.sizeBytes(),
                                snapshot.generation(),
                                seconds,
                                report.sizeBytes() / seconds / (1 << 20),
                                problems == 0 ? "all as written" : problems + " problems"),
                numbers,
                report.findings());
    }

    private static int exitCode(List<ArchiveFinding> findings) {
        List<ArchiveFinding> problems = ArchiveOptions.problems(findings);
        if (problems.isEmpty()) {
            return ExitCode.OK;
        }
        return problems.stream().allMatch(one -> one.kind() == ArchiveFinding.Kind.UNREADABLE)
                ? ExitCode.FAILED
                : ExitCode.DAMAGED;
    }
}
