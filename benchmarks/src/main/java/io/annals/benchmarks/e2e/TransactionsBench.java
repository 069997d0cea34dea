package io.annals.benchmarks.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Transactional produce beside idempotent produce, on Annals and on Apache Kafka: what each side
/// loses to transactions.
///
/// Three loads of the same records by the same number of stock producers: each group of records a
/// transaction; each group flushed (the producer waits for the acknowledgement as it waits for the
/// commit); and free running. Annals fsyncs before it acknowledges, Kafka does not (its defaults).
@Command(
        name = "transactions",
        description = "transactional against idempotent produce, beside Apache Kafka")
final class TransactionsBench implements Callable<Integer> {
    @Mixin private Bench.Common common = new Bench.Common();

    @Option(
            names = "--records",
            description = "records of 1 KB per sample (default: ${DEFAULT-VALUE})")
    private long records = 50_000;

    @Option(names = "--group", description = "records per transaction (default: ${DEFAULT-VALUE})")
    private int group = 100;

    @Option(
            names = "--producers",
            split = ",",
            description = "producers side by side, cases (default: 1,8)")
    private List<Integer> producers = List.of(1, 8);

    @Mixin private Sides.Options sides = new Sides.Options();

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        sides.names = sides.names.stream().filter(name -> !name.equals(Side.KAFKA_FSYNC)).toList();
        try (Sides running = Sides.start(common, sides, Map.of(), results)) {
            for (int count : producers) {
                running.rounds(
                        common.repetitions,
                        results,
                        (side, round, into) -> run(running, side, count, round, into));
            }
        }
        common.publish(results);
        return 0;
    }

    private void run(Sides running, Side side, int count, int round, Results results)
            throws Exception {
        String suffix = ", " + count + " producer" + (count == 1 ? "" : "s");
        List<Double> rates = new ArrayList<>();
        for (BatchedLoad.Mode mode : BatchedLoad.Mode.values()) {
            String topic =
                    "bench-%s-%d-%d".formatted(mode.name().toLowerCase(Locale.ROOT), count, round);
            side.createTopic(topic, 1);
            running.settle();
            Load load =
                    LoadGenerator.run(
                            "grouped",
                            side.peer().bootstrap(),
                            topic,
                            Long.toString(records),
                            "1000",
                            mode.name(),
                            Integer.toString(group),
                            Integer.toString(count));
            String what = mode.name().toLowerCase(Locale.ROOT);
            results.add(what + " records/s" + suffix, side.name(), load.recordsPerSecond());
            results.add(what + " p50 ms per group" + suffix, side.name(), load.p50Ms());
            rates.add(load.recordsPerSecond());
        }
        results.add(
                "transaction, % of flush" + suffix, side.name(), 100 * rates.get(0) / rates.get(1));
        results.add(
                "transaction, % of pipeline" + suffix,
                side.name(),
                100 * rates.get(0) / rates.get(2));
    }
}
