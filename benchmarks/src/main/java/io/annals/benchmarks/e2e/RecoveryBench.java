package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Processes;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Recovery after SIGKILL of a WAL that was never sealed, beside a plain sequential read of the
/// same files, both with the page cache dropped.
@Command(
        name = "recovery",
        description = "WAL recovery speed beside a plain read of the same bytes")
final class RecoveryBench implements Callable<Integer> {
    private static final Measure SCAN =
            Measure.higher("WAL recovery", "MB/s").goal(Goal.ratio("plain read", 0.8));
    private static final Measure READY = Measure.lower("start after a kill to ready", "s");

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(
            names = "--records",
            description = "records of 1 KB in the WAL (default: ${DEFAULT-VALUE})")
    private long records = 1_500_000;

    @Option(
            names = "--setting",
            split = ",",
            description = "settings that keep the WAL from sealing")
    private Map<String, String> settings =
            Map.of("log.segment.bytes", "2000000000", "log.roll.ms", "86400000");

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        for (int i = 0; i < common.repetitions; i++) {
            AnnalsPeer annals = new AnnalsPeer(common.fresh("recovery"), settings);
            annals.start();
            LoadGenerator.createTopic(annals.bootstrap(), "bench", 4);
            Load load =
                    LoadGenerator.run(
                            "produce",
                            annals.bootstrap(),
                            "bench",
                            "records=" + records,
                            "payload=1000",
                            "batch.size=131072",
                            "linger.ms=5");
            annals.kill();
            Path wal = annals.dataDir().resolve("wal");
            read(wal, load.bytes()); // a virtual disk's host caches too: both sides come second
            Processes.dropPageCache();
            results.add(SCAN, "plain read", read(wal, load.bytes()));
            Processes.dropPageCache();
            long start = System.nanoTime();
            annals.start();
            results.add(READY, "annals", (System.nanoTime() - start) / 1e9);
            results.add(SCAN, "annals", scanSpeed(annals));
            annals.kill();
        }
        common.publish(results);
        return 0;
    }

    /// From what the server logs of its recovery.
    private static double scanSpeed(AnnalsPeer annals) throws Exception {
        Path log = annals.dataDir().resolveSibling(annals.dataDir().getFileName() + ".log");
        String line =
                Files.readAllLines(log).stream()
                        .filter(l -> l.contains("wal recovered"))
                        .reduce((_, last) -> last)
                        .orElseThrow();
        double bytes = Double.parseDouble(line.replaceAll(".* ([0-9]+) bytes scanned.*", "$1"));
        double ms = Double.parseDouble(line.replaceAll(".* ([0-9]+) ms.*", "$1"));
        return bytes / 1e3 / ms;
    }

    private static double read(Path directory, long bytes) throws Exception {
        List<Path> files;
        try (var walk = Files.walk(directory)) {
            files = walk.filter(f -> f.toString().endsWith(".wal")).toList();
        }
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(1 << 20);
        long start = System.nanoTime();
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file)) {
                long left = Math.min(channel.size(), bytes + (64 << 20));
                while (left > 0 && channel.read(buffer.clear()) > 0) {
                    left -= buffer.position();
                }
            }
        }
        return bytes / 1e6 / ((System.nanoTime() - start) / 1e9);
    }
}
