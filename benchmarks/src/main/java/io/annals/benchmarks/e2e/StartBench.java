package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// From the command to serving clients, on an empty directory, and what an idle server holds and
/// uses afterwards; beside Apache Kafka, which is formatted before and is ready when it answers a
/// client.
@Command(name = "start", description = "time to ready and idle memory, beside Apache Kafka")
final class StartBench implements Callable<Integer> {
    private static final Measure READY =
            Measure.lower("start to ready", "s").goal(Goal.value(1)).goal(Goal.ratio("kafka", 1));
    private static final Measure CPU = Measure.lower("server CPU of a start", "s");
    private static final Measure RESIDENT =
            Measure.lower("resident, idle", "MB")
                    .goal(Goal.value(200))
                    .goal(Goal.ratio("kafka", 1));
    private static final Measure IDLE = Measure.lower("server CPU per idle minute", "s");

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--idle", description = "seconds to be idle (default: ${DEFAULT-VALUE})")
    private int idleSeconds = 5;

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        for (int i = -1; i < common.repetitions; i++) { // the first round warms up
            List<Peer> peers = new ArrayList<>();
            peers.add(new AnnalsPeer(common.fresh("start"), Map.of()));
            try {
                peers.add(new KafkaPeer(common.fresh("start-kafka")));
            } catch (IOException e) {
                results.note("kafka is missing: " + e.getMessage());
            }
            for (Peer peer : i % 2 == 0 ? peers : peers.reversed()) {
                sample(peer, i < 0 ? new Results() : results);
            }
        }
        common.publish(results);
        return 0;
    }

    private void sample(Peer peer, Results results) throws Exception {
        long begin = System.nanoTime();
        peer.start();
        try {
            results.add(READY, peer.name(), (System.nanoTime() - begin) / 1e9);
            double cpu = peer.cpuSeconds();
            results.add(CPU, peer.name(), cpu);
            Thread.sleep(1000L * idleSeconds);
            results.add(RESIDENT, peer.name(), peer.residentBytes() / 1e6);
            results.add(IDLE, peer.name(), (peer.cpuSeconds() - cpu) * 60 / idleSeconds);
        } finally {
            peer.stop();
        }
    }
}
