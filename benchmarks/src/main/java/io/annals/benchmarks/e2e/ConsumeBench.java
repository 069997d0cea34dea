package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Consuming what was just produced, beside Apache Kafka and beside the loopback socket; then,
/// archived, the same out of the warm tier beside the hot one. Each of several consumers reads all
/// of it.
@Command(name = "consume", description = "hot consume beside Apache Kafka; warm beside hot consume")
final class ConsumeBench implements Callable<Integer> {
    private static final String TOPIC = "consume";
    private static final String HOT = "hot";
    private static final Measure THROUGHPUT =
            Measure.higher("hot", "MB/s")
                    .limitedBy(Limits.LOOPBACK.name())
                    .goal(Goal.ratio(Side.KAFKA, 1.2));
    private static final Measure WARM_FIRST = Measure.higher("warm, first read", "MB/s");
    private static final Measure WARM =
            Measure.higher("warm, cached", "MB/s").goal(Goal.ratio(HOT, 0.7));

    /// Nothing is sealed before the scenario says so.
    private static final Map<String, String> ALL_HOT =
            Map.of("log.roll.ms", "86400000", "log.segment.bytes", "1073741824");

    @Mixin private Bench.Common common = new Bench.Common();
    @Mixin private Sides.Options sides = new Sides.Options();

    @Option(names = "--records", description = "records of 1 KB (default: ${DEFAULT-VALUE})")
    private long records = 500_000;

    @Option(names = "--partitions", description = "of the topic (default: ${DEFAULT-VALUE})")
    private int partitions = 16;

    @Option(
            names = "--consumers",
            split = ",",
            description = "consumers side by side, cases (default: ${DEFAULT-VALUE})")
    private List<Integer> consumers = List.of(1, 16);

    @Option(
            names = "--kafka-tools",
            description = "the load is Kafka's ConsumerPerformance (one consumer)")
    private boolean tool;

    @Option(names = "--no-warm", negatable = true, description = "with the warm case or without")
    private boolean warm = true;

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        sides.names = sides.names.stream().filter(name -> !name.equals(Side.KAFKA_FSYNC)).toList();
        Limits limits = new Limits(common.fresh("limits"), 1024);
        try (Sides running = Sides.start(common, sides, ALL_HOT, results)) {
            for (Side side : running.all()) {
                fill(side);
            }
            for (int count : consumers) {
                running.rounds(
                        common.repetitions, results, (side, _, into) -> hot(side, count, into));
                limits.loopback(results);
            }
            if (warm && running.annals().isPresent()) {
                warm(running, running.annals().get(), results);
            }
        }
        common.publish(results);
        return 0;
    }

    private void fill(Side side) throws Exception {
        side.createTopic(TOPIC, partitions);
        LoadGenerator.run(
                "produce",
                side.peer().bootstrap(),
                TOPIC,
                List.of("records=" + records, "payload=1000", "batch.size=131072", "linger.ms=5"));
    }

    private void hot(Side side, int count, Results results) throws Exception {
        String what = ", " + count + " consumer" + (count == 1 ? "" : "s");
        ServerCpu cpu = ServerCpu.of(side.peer());
        Load load = tool ? tool(side, count) : load(side, count, ConsumeLoad.PASSES);
        results.add(THROUGHPUT.of(what), side.name(), load.megabytesPerSecond());
        cpu.add(results, what, side, load);
    }

    /// Archives the topic; each round then reads it again beside the hot figures of one consumer.
    private void warm(Sides running, AnnalsPeer annals, Results results) throws Exception {
        Side side = new Side(Side.ANNALS, annals, Map.of());
        for (int i = 0; i < common.repetitions; i++) {
            running.settle();
            results.add(WARM, HOT, load(side, 1, ConsumeLoad.PASSES).megabytesPerSecond());
        }
        Http.post(annals.http() + "/v1/admin/seal");
        running.settle();
        results.add(WARM_FIRST, Side.ANNALS, load(side, 1, 1).megabytesPerSecond());
        for (int i = 0; i < common.repetitions; i++) {
            running.settle();
            ServerCpu cpu = ServerCpu.of(annals);
            Load load = load(side, 1, ConsumeLoad.PASSES);
            results.add(WARM, Side.ANNALS, load.megabytesPerSecond());
            cpu.add(results, ", warm", side, load);
        }
    }

    private Load load(Side side, int count, int passes) throws Exception {
        return LoadGenerator.run(
                "consume",
                side.peer().bootstrap(),
                TOPIC,
                List.of("records=" + records, "threads=" + count, "passes=" + passes));
    }

    private Load tool(Side side, int count) throws Exception {
        if (count != 1) {
            throw new IllegalArgumentException("Kafka's tool is one consumer, not " + count);
        }
        return KafkaTools.consume(side.peer().bootstrap(), TOPIC, records);
    }
}
