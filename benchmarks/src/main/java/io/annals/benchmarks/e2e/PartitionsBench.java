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

/// Many partitions on one node, beside Apache Kafka with as many: making them, memory for each,
/// starting again with them, and produce throughput on 1 % of them and on all, beside a topic of 16
/// partitions on the same server before there were others.
@Command(
        name = "partitions",
        description = "many partitions on one node: memory, start, throughput; beside Apache Kafka")
final class PartitionsBench implements Callable<Integer> {
    private static final String FEW = "16 partitions alone";
    private static final int TOPIC_PARTITIONS = 1000;
    private static final Measure CREATE = Measure.lower("creating a partition", "ms");
    private static final Measure MEMORY =
            Measure.lower("resident memory per idle partition", "bytes").goal(Goal.value(2048));
    private static final Measure START =
            Measure.lower("start to ready with them", "s")
                    .goal(Goal.value(10))
                    .goal(Goal.ratio(Side.KAFKA, 1));
    private static final Measure THROUGHPUT = Measure.higher("throughput", "MB/s");

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--partitions", description = "so many (default: ${DEFAULT-VALUE})")
    private int partitions = 10_000;

    @Option(names = "--seconds", description = "counted per sample (default: ${DEFAULT-VALUE})")
    private double seconds = 4;

    @Option(
            names = "--sides",
            split = ",",
            description = "annals, kafka (default: ${DEFAULT-VALUE})")
    private List<String> sides = List.of(Side.ANNALS, Side.KAFKA);

    private final Results results = new Results();

    @Override
    public Integer call() throws Exception {
        for (String side : sides) {
            try {
                Peer peer =
                        side.equals(Side.ANNALS)
                                ? new AnnalsPeer(common.fresh("partitions"), Map.of())
                                : new KafkaPeer(common.fresh("partitions-kafka"));
                try {
                    peer.start();
                    measure(peer);
                } finally {
                    peer.stop();
                }
            } catch (IOException e) {
                results.note("%s is not whole: %s".formatted(side, e.getMessage()));
            }
        }
        common.publish(results);
        return 0;
    }

    private void measure(Peer peer) throws Exception {
        String many = ", %,d partitions".formatted(partitions);
        List<Double> alone = new ArrayList<>();
        LoadGenerator.createTopic(peer.bootstrap(), "few", 16);
        throughput(peer, "few"); // warms up
        for (int i = 0; i < common.repetitions; i++) {
            alone.add(throughput(peer, "few"));
        }
        Started before = restart(peer);
        long begin = System.nanoTime();
        LoadGenerator.createTopic(peer.bootstrap(), "some", partitions / 100);
        int left = partitions - partitions / 100;
        int topics = 0;
        while (left > 0) {
            int count = Math.min(left, TOPIC_PARTITIONS);
            LoadGenerator.createTopic(peer.bootstrap(), "idle-" + topics++, count);
            left -= count;
        }
        double ms = (System.nanoTime() - begin) / 1e6;
        results.add(CREATE.of(many), peer.name(), ms / partitions);
        Started after = restart(peer);
        results.add(START.of(many), peer.name(), after.seconds());
        results.add(
                MEMORY.of(many),
                peer.name(),
                Math.max(0, after.residentBytes() - before.residentBytes()) / (double) partitions);
        Measure onSome = beside(many + ", 1 % of them busy");
        Measure onAll = beside(many + ", all of them in turn");
        for (int i = 0; i < common.repetitions; i++) {
            results.add(onSome, peer.name(), throughput(peer, "some"));
            results.add(onAll, peer.name(), throughput(peer, "idle", "topics=" + topics));
            if (peer.name().equals(Side.ANNALS)) {
                results.add(onSome, FEW, alone.get(i));
                results.add(onAll, FEW, alone.get(i));
            }
        }
    }

    private static Measure beside(String what) {
        return THROUGHPUT.of(what).goal(Goal.ratio(FEW, 0.8)).goal(Goal.ratio(Side.KAFKA, 1.2));
    }

    /// @param seconds until clients were served
    /// @param residentBytes once a record was produced, so that as much was touched with few
    ///   partitions as with many
    private record Started(double seconds, long residentBytes) {}

    private static Started restart(Peer peer) throws Exception {
        peer.stop();
        long begin = System.nanoTime();
        peer.start();
        double seconds = (System.nanoTime() - begin) / 1e9;
        LoadGenerator.run("produce", peer.bootstrap(), "few", List.of("records=1", "payload=100"));
        return new Started(seconds, peer.residentBytes());
    }

    private double throughput(Peer peer, String topic, String... more) throws Exception {
        List<String> load =
                new ArrayList<>(
                        List.of(
                                "payload=1000",
                                "seconds=" + seconds,
                                "warm=" + seconds / 3,
                                "batch.size=131072",
                                "linger.ms=5",
                                "buffer.memory=67108864"));
        load.addAll(List.of(more));
        return LoadGenerator.run("produce", peer.bootstrap(), topic, load).megabytesPerSecond();
    }
}
