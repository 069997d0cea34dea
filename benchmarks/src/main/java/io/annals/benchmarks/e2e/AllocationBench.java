package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How much a server allocates on its heap for each byte that comes in and goes out, beside Apache
/// Kafka. The topic is not indexed, so that the produce and fetch paths are seen alone; nothing is
/// sealed meanwhile.
@Command(
        name = "allocation",
        description = "bytes allocated per byte produced and fetched, beside Apache Kafka")
final class AllocationBench implements Callable<Integer> {
    private static final Measure PRODUCE =
            Measure.lower("allocated per byte produced", "")
                    .goal(Goal.value(0.1))
                    .goal(Goal.ratio(Side.KAFKA, 1));
    private static final Measure FETCH =
            Measure.lower("allocated per byte fetched", "")
                    .goal(Goal.value(0.1))
                    .goal(Goal.ratio(Side.KAFKA, 1));
    private static final Map<String, String> ALL_HOT =
            Map.of("log.roll.ms", "86400000", "log.segment.bytes", "1073741824");

    @Mixin private Bench.Common common = new Bench.Common();
    @Mixin private Sides.Options sides = new Sides.Options();

    @Option(names = "--records", description = "per sample (default: ${DEFAULT-VALUE})")
    private long records = 200_000;

    @Option(
            names = "--sizes",
            split = ",",
            description = "bytes of a record, cases (default: ${DEFAULT-VALUE})")
    private List<Integer> sizes = List.of(1000, 100);

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        sides.names = sides.names.stream().filter(name -> !name.equals(Side.KAFKA_FSYNC)).toList();
        try (Sides running = Sides.start(common, sides, ALL_HOT, results)) {
            for (int size : sizes) {
                running.rounds(
                        common.repetitions,
                        results,
                        (side, round, into) -> sample(side, size, round, into));
            }
        }
        common.publish(results);
        return 0;
    }

    private void sample(Side side, int size, int round, Results results) throws Exception {
        String topic = "allocation-" + size + "-" + (round + 1);
        Map<String, String> settings =
                side.name().equals(Side.ANNALS) ? Map.of("annals.index.enable", "false") : Map.of();
        LoadGenerator.createTopic(side.peer().bootstrap(), topic, 16, settings);
        String what = ", records of " + size + " B";
        try (AllocatedBytes allocated = AllocatedBytes.of(side.peer().pid())) {
            long before = allocated.now();
            Load produced =
                    LoadGenerator.run(
                            "produce",
                            side.peer().bootstrap(),
                            topic,
                            List.of(
                                    "records=" + records,
                                    "payload=" + size,
                                    "batch.size=131072",
                                    "linger.ms=5"));
            long between = allocated.now();
            Load fetched =
                    LoadGenerator.run(
                            "consume",
                            side.peer().bootstrap(),
                            topic,
                            List.of("records=" + produced.records()));
            long after = allocated.now();
            results.add(
                    PRODUCE.of(what), side.name(), (between - before) / (double) produced.bytes());
            results.add(FETCH.of(what), side.name(), (after - between) / (double) fetched.bytes());
        }
        side.deleteTopic(topic);
    }
}
