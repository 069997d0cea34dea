package io.annals.server.cli;

import io.annals.archive.ObjectStore;
import io.annals.archive.RegistryRebuild;
import io.annals.registry.LeaseRequest;
import io.annals.registry.LeaseTime;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.server.ArchiveOwner;
import io.annals.server.ArchiveStore;
import io.annals.server.DataDirectory;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows the registry of a data directory, or makes it again from the archive's objects.
@Command(
        name = "registry",
        description = "Shows the registry, or rebuilds it from the archive's objects.",
        mixinStandardHelpOptions = true,
        subcommands = {RegistryCommand.Show.class, RegistryCommand.Rebuild.class})
final class RegistryCommand {

    @Command(
            name = "show",
            description = "Shows the current generation; needs no server, and does not mind one.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Mixin private ArchiveOptions archive;

        @Override
        public Integer call() throws Exception {
            try (ObjectStore store = archive.open(ArchiveStore.Use.READ)) {
                RegistrySnapshot snapshot = ArchiveOptions.registry(store);
                System.out.printf(
                        "generation %d of %s%n%n%s",
                        snapshot.generation(),
                        Instant.ofEpochMilli(snapshot.committedAtMs()),
                        table(snapshot));
            }
            return ExitCode.OK;
        }

        private static String table(RegistrySnapshot snapshot) {
            List<List<String>> rows = new ArrayList<>();
            for (TopicMetadata topic : snapshot.topics()) {
                List<RecordSegment> segments = snapshot.segments(topic.id());
                long records =
                        segments.stream()
                                .flatMap(segment -> segment.ranges().stream())
                                .mapToLong(PartitionRange::recordCount)
                                .sum();
                rows.add(
                        List.of(
                                topic.name(),
                                Integer.toString(topic.partitionCount()),
                                Integer.toString(segments.size()),
                                Integer.toString(snapshot.splits(topic.id()).size()),
                                Long.toString(records)));
            }
            return Table.of(List.of("TOPIC", "PARTITIONS", "SEGMENTS", "SPLITS", "RECORDS"), rows);
        }
    }

    @Command(
            name = "rebuild",
            description = "Makes the registry again from the archive's objects; no server may run.",
            mixinStandardHelpOptions = true)
    static final class Rebuild implements Callable<Integer> {
        private static final int MAX_PARALLELISM = 512;

        @Mixin private ArchiveOptions archive;

        @Option(
                names = "--full",
                description =
                        "Read every object in full for its hash, instead of its tail only. Without"
                                + " it hashes come from what is left of the registry.")
        private boolean full;

        @Option(
                names = "--parallel",
                description = "Objects read at the same time (default: ${DEFAULT-VALUE}).")
        private int parallelism = 32;

        @Option(
                names = "--take-over",
                description = "Take the archive from the server that has it, without waiting.")
        private boolean takeOver;

        @Override
        public Integer call() throws Exception {
            if (parallelism < 1 || parallelism > MAX_PARALLELISM) {
                throw new CommandFailedException(
                        ExitCode.USAGE,
                        "--parallel is %d, allowed are 1 to %d"
                                .formatted(parallelism, MAX_PARALLELISM));
            }
            try (ObjectStore opened = archive.open(ArchiveStore.Use.WRITE);
                    DataDirectory directory =
                            DataDirectory.open(archive.settings().dataDirectory());
                    ArchiveOwner owner =
                            ArchiveOwner.take(
                                    new ArchiveOwner.Place(opened, opened),
                                    ArchiveOwner.holder(archive.settings(), directory),
                                    takeOver ? LeaseRequest.TAKE_OVER : LeaseRequest.WAIT,
                                    LeaseTime.of(Clock.systemUTC()))) {
                ObjectStore store = owner.objects();
                RegistryRebuild rebuild =
                        new RegistryRebuild(
                                store,
                                ArchiveOptions.tars(store),
                                Clock.systemUTC(),
                                parallelism,
                                full
                                        ? RegistryRebuild.Hashes.COMPUTED
                                        : RegistryRebuild.Hashes.KNOWN);
                RegistryRebuild.Report report = rebuild.run(archive.progress("read"));
                owner.lease().confirm();
                RegistrySnapshot written = report.generation();
                archive.print(
                        summary(report),
                        ArchiveOptions.numbers()
                                .put("generation", written.generation())
                                .put("topics", written.topics().size())
                                .put("objects", report.objects())
                                .put("unhashed", report.unhashed())
                                .put("full", full),
                        report.findings());
                return report.hasProblems() ? ExitCode.DAMAGED : ExitCode.OK;
            }
        }

        private String summary(RegistryRebuild.Report report) {
            String written =
                    "wrote generation %d with %d topics and %d objects, "
                            .formatted(
                                    report.generation().generation(),
                                    report.generation().topics().size(),
                                    report.objects());
            if (full) {
                return written + "every one read in full";
            }
            String hashes =
                    report.unhashed() == 0
                            ? "their hashes are those of the old registry"
                            : ("the hashes of %d are not known: annals verify checks their parts,"
                                            + " registry rebuild --full computes them")
                                    .formatted(report.unhashed());
            return written + "of which the tails were read; " + hashes;
        }
    }
}
