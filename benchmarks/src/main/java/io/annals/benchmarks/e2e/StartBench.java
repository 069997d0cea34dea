package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.AnnalsPeer;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// From the command to the ready line, on an empty directory.
@Command(name = "start", description = "time to ready on an empty directory")
final class StartBench implements Callable<Integer> {
    @Mixin private Bench.Common common = new Bench.Common();

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        for (int i = -1; i < common.repetitions; i++) {
            AnnalsPeer annals = new AnnalsPeer(common.fresh("start"), Map.of());
            long start = System.nanoTime();
            annals.start();
            double seconds = (System.nanoTime() - start) / 1e9;
            if (i >= 0) {
                results.add("start to ready, s", annals.name(), seconds);
                results.add("resident MB when ready", annals.name(), annals.residentBytes() / 1e6);
            }
            annals.stop();
        }
        common.publish(results);
        return 0;
    }
}
