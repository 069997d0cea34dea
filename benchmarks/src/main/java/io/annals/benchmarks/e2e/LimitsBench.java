package io.annals.benchmarks.e2e;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What this machine allows, by itself: the figures that the other scenarios take beside theirs.
@Command(name = "limits", description = "what disk, loopback and processor allow")
final class LimitsBench implements Callable<Integer> {
    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--mib", description = "moved per sample (default: ${DEFAULT-VALUE})")
    private int mib = 512;

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        Limits limits = new Limits(common.fresh("limits"), mib);
        for (int i = -1; i < common.repetitions; i++) { // the first round warms up
            limits.measure(i < 0 ? new Results() : results);
        }
        common.publish(results);
        return 0;
    }
}
