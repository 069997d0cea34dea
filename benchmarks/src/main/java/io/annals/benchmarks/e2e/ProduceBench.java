package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Produce throughput beside Apache Kafka with its defaults (no fsync before the acknowledgement)
/// and with the durability of Annals' default (`flush.messages=1`), and beside what the disk takes.
/// The producers are stock ones with `acks=all`; their own bound is why the server's processor time
/// stands beside.
@Command(
        name = "produce",
        description =
                "produce throughput and server CPU beside Apache Kafka, with and without fsync")
final class ProduceBench implements Callable<Integer> {
    private static final Measure THROUGHPUT =
            Measure.higher("throughput", "MB/s")
                    .goal(Goal.ratio(Side.KAFKA, 1.2))
                    .goal(Goal.ratio(Side.KAFKA_FSYNC, 10));
    private static final Measure P99 = Measure.lower("p99 at full load", "ms");

    @Mixin private Bench.Common common = new Bench.Common();
    @Mixin private Sides.Options sides = new Sides.Options();

    @Option(
            names = "--cases",
            split = ",",
            description =
                    "SIZE:PRODUCERS:PARTITIONS:CODEC, each; \"all\" for every combination"
                            + " (default: ${DEFAULT-VALUE})")
    private List<String> cases =
            List.of(
                    "1000:1:16:none",
                    "1000:1:1:none",
                    "1000:1:1000:none",
                    "1000:16:16:none",
                    "100:1:16:none",
                    "100:16:16:none",
                    "1000:1:16:lz4",
                    "1000:1:16:zstd",
                    "1000:1:16:snappy",
                    "1000:1:16:gzip");

    @Option(
            names = "--seconds",
            description = "counted per sample, after one in three that warms up (default: 6)")
    private double seconds = 6;

    @Option(names = "--producer", split = ",", description = "more producer settings, key=value")
    private List<String> producer =
            List.of("batch.size=131072", "linger.ms=5", "buffer.memory=67108864");

    @Option(
            names = "--kafka-tools",
            paramLabel = "RECORDS",
            description =
                    "the load is Kafka's ProducerPerformance with so many records (one producer)")
    private long toolRecords;

    /// A case.
    record Shape(int size, int producers, int partitions, String codec) {
        static Shape parse(String text) {
            String[] fields = text.split(":");
            return new Shape(
                    Integer.parseInt(fields[0]),
                    Integer.parseInt(fields[1]),
                    Integer.parseInt(fields[2]),
                    fields[3]);
        }

        static List<Shape> all() {
            List<Shape> all = new ArrayList<>();
            for (int size : List.of(1000, 100)) {
                for (int producers : List.of(1, 16)) {
                    for (int partitions : List.of(1, 16, 1000)) {
                        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
                            all.add(new Shape(size, producers, partitions, codec));
                        }
                    }
                }
            }
            return all;
        }

        String inWords() {
            return ", %d B, %s, %s, %s"
                    .formatted(
                            size,
                            many(producers, "producer"),
                            many(partitions, "partition"),
                            codec);
        }

        private static String many(int count, String what) {
            return count + " " + what + (count == 1 ? "" : "s");
        }
    }

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        List<Shape> shapes =
                cases.equals(List.of("all"))
                        ? Shape.all()
                        : cases.stream().map(Shape::parse).toList();
        Limits limits = new Limits(common.fresh("limits"), 256);
        try (Sides running = Sides.start(common, sides, Map.of(), results)) {
            for (Shape shape : shapes) {
                running.rounds(
                        common.repetitions,
                        results,
                        (side, round, into) -> sample(side, shape, round, into));
                limits.disk(results);
            }
        }
        common.publish(results);
        return 0;
    }

    private void sample(Side side, Shape shape, int round, Results results) throws Exception {
        String topic = "produce-" + shape.inWords().replaceAll("\\W+", "-") + "-" + (round + 1);
        topic += side.topicSettings().isEmpty() ? "" : "-fsync";
        side.createTopic(topic, shape.partitions());
        ServerCpu cpu = ServerCpu.of(side.peer());
        Load load = toolRecords > 0 ? tool(side, topic, shape) : load(side, topic, shape);
        String what = shape.inWords() + (toolRecords > 0 ? ", Kafka's tool" : "");
        Measure throughput = THROUGHPUT.of(what);
        results.add(
                shape.codec().equals("none")
                        ? throughput.limitedBy(Limits.WRITE.name())
                        : throughput,
                side.name(),
                load.megabytesPerSecond());
        results.add(P99.of(what), side.name(), load.p99Ms());
        cpu.add(results, what, side, load);
        cpu.addServing(results, what, side, load);
        side.deleteTopic(topic);
    }

    private Load load(Side side, String topic, Shape shape) throws Exception {
        List<String> settings = new ArrayList<>(client(shape));
        settings.add("threads=" + shape.producers());
        settings.add("payload=" + shape.size());
        settings.add("seconds=" + seconds);
        settings.add("warm=" + seconds / 3);
        return LoadGenerator.run("produce", side.peer().bootstrap(), topic, settings);
    }

    private Load tool(Side side, String topic, Shape shape) throws Exception {
        if (shape.producers() != 1) {
            throw new IllegalArgumentException("Kafka's tool is one producer: " + shape);
        }
        return KafkaTools.produce(
                side.peer().bootstrap(), topic, toolRecords, shape.size(), client(shape));
    }

    private List<String> client(Shape shape) {
        List<String> client = new ArrayList<>(producer);
        client.add("compression.type=" + shape.codec());
        return client;
    }
}
