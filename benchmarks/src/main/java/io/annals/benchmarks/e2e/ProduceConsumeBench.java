package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Produce, hot consume and warm consume beside Apache Kafka: the sides take turns, case by case.
///
/// Annals runs with its default fsync mode (`always`), Kafka with its defaults (no fsync before the
/// acknowledgement). The producer is a stock one with the defaults plus `acks=all`.
@Command(
        name = "produce-consume",
        description = "throughput beside Apache Kafka; warm against hot consume")
final class ProduceConsumeBench implements Callable<Integer> {
    private static final int MAX_SETTLE_SECONDS = 60;
    private static final double IDLE_CPU_SECONDS = 0.1;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(
            names = "--records",
            description = "records of 1 KB per sample (default: ${DEFAULT-VALUE})")
    private long records = 600_000;

    @Option(names = "--partitions", split = ",", description = "cases (default: 1,6)")
    private List<Integer> partitions = List.of(1, 6);

    @Option(names = "--producer", split = ",", description = "more producer settings, key=value")
    private List<String> producer =
            List.of("batch.size=131072", "linger.ms=5", "buffer.memory=67108864");

    @Option(
            names = "--setting",
            split = ",",
            description = "settings of the Annals server, key=value")
    private Map<String, String> settings = Map.of();

    @Option(names = "--no-warm", negatable = true, description = "with the warm case or without")
    private boolean warm = true;

    @Option(
            names = "--no-settle",
            negatable = true,
            description = "wait until the servers are idle before consuming, or consume at once")
    private boolean settle = true;

    @Option(
            names = "--peers",
            split = ",",
            description = "sides to run: annals, kafka (default: both)")
    private List<String> peers = List.of("annals", "kafka");

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        AnnalsPeer annals = new AnnalsPeer(common.fresh("annals"), settings);
        List<Peer> sides = new ArrayList<>();
        for (String peer : peers) {
            sides.add(peer.equals("kafka") ? new KafkaPeer(common.fresh("kafka")) : annals);
        }
        try {
            for (Peer side : sides) {
                side.start();
            }
            for (int count : partitions) {
                for (int i = -1;
                        i < common.repetitions;
                        i++) { // the first round warms both sides up
                    String topic = "bench-" + count + "-" + (i + 1);
                    for (Peer peer : i % 2 == 0 ? sides : sides.reversed()) {
                        run(peer, topic, count, i < 0 ? new Results() : results);
                    }
                    if (warm && sides.contains(annals)) {
                        warm(annals, topic, count, i < 0 ? new Results() : results);
                    }
                }
            }
            for (Peer side : sides) {
                results.add("resident MB at the end", side.name(), side.residentBytes() / 1e6);
            }
        } finally {
            for (Peer side : sides) {
                side.stop();
            }
        }
        common.publish(results);
        return 0;
    }

    private void run(Peer peer, String topic, int count, Results results) throws Exception {
        LoadGenerator.createTopic(peer.bootstrap(), topic, count);
        List<String> produce =
                new ArrayList<>(
                        List.of(
                                "produce",
                                peer.bootstrap(),
                                topic,
                                Long.toString(records),
                                "1000"));
        produce.addAll(producer);
        double cpu = peer.cpuSeconds();
        Load produced = LoadGenerator.run(produce.toArray(String[]::new));
        String suffix = ", 1 KB records, " + count + " partition" + (count == 1 ? "" : "s");
        results.add("produce MB/s" + suffix, peer.name(), produced.megabytesPerSecond());
        results.add("produce p99 ms" + suffix, peer.name(), produced.p99Ms());
        results.add(
                "produce server CPU s/GB" + suffix,
                peer.name(),
                (peer.cpuSeconds() - cpu) / (produced.bytes() / 1e9));
        if (settle) {
            settle(peer);
        }
        cpu = peer.cpuSeconds();
        Load consumed =
                LoadGenerator.run("consume", peer.bootstrap(), topic, Long.toString(records));
        results.add("consume MB/s" + suffix, peer.name(), consumed.megabytesPerSecond());
        results.add(
                "consume server CPU s/GB" + suffix,
                peer.name(),
                (peer.cpuSeconds() - cpu) / (consumed.bytes() / 1e9));
    }

    /// Waits until the server has nothing left to do of its own (flushing, indexing), so that
    /// reading is measured and not what writing left behind.
    private static void settle(Peer peer) throws Exception {
        for (int i = 0; i < MAX_SETTLE_SECONDS; i++) {
            double cpu = peer.cpuSeconds();
            Thread.sleep(1000);
            if (peer.cpuSeconds() - cpu < IDLE_CPU_SECONDS) {
                return;
            }
        }
    }

    /// Archives the topic, then consumes it from the warm tier: once to fill the caches, once to
    /// measure.
    private void warm(AnnalsPeer annals, String topic, int count, Results results)
            throws Exception {
        Http.post(annals.http() + "/v1/admin/seal");
        settle(annals);
        String suffix = ", 1 KB records, " + count + " partition" + (count == 1 ? "" : "s");
        Load first =
                LoadGenerator.run("consume", annals.bootstrap(), topic, Long.toString(records));
        Load second =
                LoadGenerator.run("consume", annals.bootstrap(), topic, Long.toString(records));
        results.add("warm consume MB/s, first" + suffix, annals.name(), first.megabytesPerSecond());
        results.add(
                "warm consume MB/s, again" + suffix, annals.name(), second.megabytesPerSecond());
    }
}
