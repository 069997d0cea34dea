package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.CaseRecord;
import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Latency at half of what the slower of Annals and Kafka takes at most from one producer that does
/// not linger: of the acknowledgement, and from producing to having consumed. All sides get the
/// same rate. Beside the disk's own fsync of the same run.
@Command(
        name = "latency",
        description = "produce and produce-to-consume latency at half load, beside Apache Kafka")
final class LatencyBench implements Callable<Integer> {
    private static final String MAX = "throughput without linger";
    private static final double P50_OVER_FSYNC_MS = 1;
    private static final double P99_MS = 10;
    private static final double P99_FSYNCS = 3;
    private static final double WARM_UP = 1.5;

    @Mixin private Bench.Common common = new Bench.Common();
    @Mixin private Sides.Options sides = new Sides.Options();

    @Option(names = "--seconds", description = "counted per sample (default: ${DEFAULT-VALUE})")
    private double seconds = 10;

    @Option(names = "--partitions", description = "of the topic (default: ${DEFAULT-VALUE})")
    private int partitions = 16;

    @Option(
            names = "--rate",
            description = "records of 1 KB a second (default: half of what the slower one takes)")
    private double rate;

    private final Results results = new Results();

    @Override
    public Integer call() throws Exception {
        Limits limits = new Limits(common.fresh("limits"), 1);
        try (Sides running = Sides.start(common, sides, Map.of(), results)) {
            for (Side side : running.all()) {
                side.createTopic(topic(side), partitions);
            }
            if (rate == 0) {
                rate = halfLoad(running);
            }
            results.note("latencies at %.0f records of 1 KB a second".formatted(rate));
            for (int i = 0; i < common.repetitions; i++) {
                limits.sync(results);
            }
            running.rounds(common.repetitions, results, this::produce);
            running.rounds(common.repetitions, results, this::tail);
        }
        common.publish(results);
        return 0;
    }

    private double halfLoad(Sides running) throws Exception {
        Measure max = Measure.higher(MAX, "records/s");
        running.rounds(
                1,
                results,
                (side, _, into) ->
                        into.add(
                                max,
                                side.name(),
                                run("produce", side, 0).megabytesPerSecond() * 1e3));
        CaseRecord seen = find(MAX);
        return seen.sides().entrySet().stream()
                        .filter(side -> !side.getKey().equals(Side.KAFKA_FSYNC))
                        .mapToDouble(side -> side.getValue().median())
                        .min()
                        .orElseThrow()
                / 2;
    }

    private void produce(Side side, int round, Results into) throws Exception {
        Load load = run("produce", side, rate);
        double fsyncP50 = find(Limits.SYNC_P50.name()).sides().get(Results.MACHINE).median();
        double fsyncP99 = find(Limits.SYNC_P99.name()).sides().get(Results.MACHINE).median();
        into.add(
                Measure.lower("acknowledged, p50", "ms")
                        .goal(Goal.value(fsyncP50 + P50_OVER_FSYNC_MS)),
                side.name(),
                load.p50Ms());
        into.add(
                Measure.lower("acknowledged, p99", "ms")
                        .goal(Goal.value(Math.max(P99_MS, P99_FSYNCS * fsyncP99))),
                side.name(),
                load.p99Ms());
    }

    private void tail(Side side, int round, Results into) throws Exception {
        Load load = run("tail", side, rate);
        into.add(Measure.lower("produced to consumed, p50", "ms"), side.name(), load.p50Ms());
        into.add(
                Measure.lower("produced to consumed, p99", "ms").goal(Goal.ratio(Side.KAFKA, 1)),
                side.name(),
                load.p99Ms());
    }

    private Load run(String kind, Side side, double ratePerSecond) throws Exception {
        String topic = topic(side);
        if (kind.equals("tail")) { // reads from the beginning: a topic of its own
            topic = "tail-" + System.nanoTime();
            side.createTopic(topic, partitions);
        }
        List<String> settings = new ArrayList<>(List.of("payload=1000", "linger.ms=0"));
        settings.add("seconds=" + seconds);
        settings.add("warm=" + WARM_UP * seconds); // a client is slow for longer than a server
        settings.add("rate=" + ratePerSecond);
        return LoadGenerator.run(kind, side.peer().bootstrap(), topic, settings);
    }

    private static String topic(Side side) {
        return side.topicSettings().isEmpty() ? "latency" : "latency-fsync";
    }

    private CaseRecord find(String name) {
        return results.cases().stream()
                .filter(c -> c.measure().name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
