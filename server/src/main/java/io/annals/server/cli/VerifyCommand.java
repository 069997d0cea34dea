package io.annals.server.cli;

import io.annals.archive.ArchiveVerifier;
import io.annals.archive.ObjectStore;
import io.annals.registry.RegistrySnapshot;
import io.annals.server.ArchiveStore;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Recomputes every hash in the archive. Needs no server, and does not mind one.
@Command(
        name = "verify",
        description = "Recomputes every hash in the archive; names what is damaged or missing.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    @Mixin private ArchiveOptions archive;

    @Override
    public Integer call() throws Exception {
        try (ObjectStore store = archive.open(ArchiveStore.Use.READ)) {
            RegistrySnapshot snapshot = ArchiveOptions.registry(store);
            ArchiveVerifier verifier =
                    new ArchiveVerifier(store, ArchiveOptions.tars(store), archive.parallelism());
            ArchiveVerifier.Report report = verifier.verify(snapshot, archive.progress("verified"));
            int problems = ArchiveOptions.problems(report.findings()).size();
            archive.print(
                    "%d objects, %d bytes, generation %d: %s"
                            .formatted(
                                    report.objects(),
                                    report.sizeBytes(),
                                    snapshot.generation(),
                                    problems == 0 ? "all as written" : problems + " problems"),
                    ArchiveOptions.numbers()
                            .put("objects", report.objects())
                            .put("size_bytes", report.sizeBytes())
                            .put("generation", snapshot.generation())
                            .put("problems", problems),
                    report.findings());
            return report.hasProblems() ? ExitCode.DAMAGED : ExitCode.OK;
        }
    }
}
