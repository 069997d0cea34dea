package io.annals.server.cli;

import io.annals.archive.ObjectStore;
import io.annals.archive.RegistryRebuild;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.server.ArchiveStore;
import io.annals.server.DataDirectory;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
        @Mixin private ArchiveOptions archive;

        @Override
        public Integer call() throws Exception {
            try (ObjectStore store = archive.open(ArchiveStore.Use.WRITE);
                    DataDirectory _ = DataDirectory.open(archive.settings().dataDirectory())) {
                RegistryRebuild rebuild =
                        new RegistryRebuild(
                                store,
                                ArchiveOptions.tars(store),
                                Clock.systemUTC(),
                                archive.parallelism());
                RegistryRebuild.Report report = rebuild.run(archive.progress("read"));
                RegistrySnapshot written = report.generation();
                archive.print(
                        "wrote generation %d with %d topics"
                                .formatted(written.generation(), written.topics().size()),
                        ArchiveOptions.numbers()
                                .put("generation", written.generation())
                                .put("topics", written.topics().size()),
                        report.findings());
                return report.hasProblems() ? ExitCode.DAMAGED : ExitCode.OK;
            }
        }
    }
}
