package io.annals.server.cli;

import io.annals.archive.ArchiveVerifier;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.registry.DurableRegistry;
import io.annals.registry.RegistrySettings;
import io.annals.server.ArchiveStore;
import java.time.Clock;
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
            DurableRegistry registry =
                    DurableRegistry.open(
                            new ObjectRegistryStore(store),
                            Clock.systemUTC(),
                            RegistrySettings.defaults());
            ArchiveVerifier verifier =
                    new ArchiveVerifier(store, ArchiveOptions.tars(store), archive.parallelism());
            ArchiveVerifier.Report report =
                    verifier.verify(registry.snapshot(), archive.progress("verified"));
            int problems = ArchiveOptions.problems(report.findings()).size();
            archive.print(
                    "%d objects, %d bytes, generation %d: %s"
                            .formatted(
                                    report.objects(),
                                    report.sizeBytes(),
                                    registry.snapshot().generation(),
                                    problems == 0 ? "all as written" : problems + " problems"),
                    ArchiveOptions.numbers()
                            .put("objects", report.objects())
                            .put("size_bytes", report.sizeBytes())
                            .put("generation", registry.snapshot().generation())
                            .put("problems", problems),
                    report.findings());
            return report.hasProblems() ? ExitCode.DAMAGED : ExitCode.OK;
        }
    }
}
