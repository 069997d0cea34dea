package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `annals verify` over an archive, one object at a time, by the processor time it takes, the start
/// of its JVM included: bytes of objects, and of the batches in them; beside SHA-256 and inflating
/// alone.
@Command(name = "verify", description = "annals verify beside SHA-256 and inflate, per core")
final class VerifyBench implements Callable<Integer> {
    private static final Measure OBJECTS =
            Measure.higher("bytes of objects per CPU second", "MB/s")
                    .limitedBy(Limits.SHA256.name())
                    .goal(Goal.share(0.8));
    private static final Measure RECORDS =
            Measure.higher("bytes of records per CPU second", "MB/s")
                    .limitedBy(Limits.INFLATE.name());

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--records", description = "JSON records (default: ${DEFAULT-VALUE})")
    private long records = 1_000_000;

    @Option(
            names = "--codecs",
            split = ",",
            description = "of the producer, cases (default: ${DEFAULT-VALUE})")
    private List<String> codecs = List.of("none", "lz4");

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        Limits limits = new Limits(common.fresh("limits"), 256);
        for (String codec : codecs) {
            AnnalsPeer annals = new AnnalsPeer(common.fresh("verify"), Map.of());
            double bytes = fill(annals, codec);
            double objects = Processes.sizeOf(annals.dataDir().resolve("archive"));
            for (int i = -1; i < common.repetitions; i++) {
                double cpu = verify(annals);
                if (i >= 0) {
                    limits.processor(results);
                    String what = ", " + codec + " batches";
                    results.add(OBJECTS.of(what), Side.ANNALS, objects / 1e6 / cpu);
                    results.add(RECORDS.of(what), Side.ANNALS, bytes / 1e6 / cpu);
                }
            }
        }
        common.publish(results);
        return 0;
    }

    private double fill(AnnalsPeer annals, String codec) throws Exception {
        annals.start();
        try {
            LoadGenerator.createTopic(annals.bootstrap(), "verify", 1);
            Load load =
                    LoadGenerator.run(
                            "produce",
                            annals.bootstrap(),
                            "verify",
                            List.of(
                                    "records=" + records,
                                    "payload=json",
                                    "batch.size=131072",
                                    "linger.ms=5",
                                    "compression.type=" + codec));
            Http.post(annals.http() + "/v1/admin/seal");
            return load.bytes();
        } finally {
            annals.stop();
        }
    }

    /// @return its processor time, seconds, as the shell that ran it counts it
    private static double verify(AnnalsPeer annals) throws IOException, InterruptedException {
        String command =
                "%s verify --data-dir %s --parallelism 1 >&2 && cat /proc/$$/stat"
                        .formatted(Processes.ROOT.resolve("bin/annals"), annals.dataDir());
        ProcessBuilder shell =
                new ProcessBuilder("sh", "-c", command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
        shell.environment().put("JAVA_HOME", System.getProperty("java.home"));
        shell.environment().put("ANNALS_BUILD", "never");
        Process process = shell.start();
        String stat = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("verify found something wrong: " + command);
        }
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
        return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) / 100.0;
    }
}
