package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Peer;
import io.annals.compatibility.peer.Processes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Consuming what is archived, front to back and by jumps, beside Apache Kafka's tiered storage:
/// both keep it in local files, Kafka by the remote storage manager that its own tests use. What is
/// read is in the hot tier of neither.
@Command(name = "warm", description = "archived consume beside Apache Kafka's tiered storage")
final class WarmBench implements Callable<Integer> {
    private static final String TOPIC = "warm";
    private static final Measure FIRST = Measure.higher("sequential, first read", "MB/s");
    private static final Measure AGAIN =
            Measure.higher("sequential, again", "MB/s").goal(Goal.ratio(Side.KAFKA, 3));
    private static final Measure JUMP = Measure.lower("jump to an offset, p50", "ms");
    private static final Measure SLOW_JUMP = Measure.lower("jump to an offset, p99", "ms");
    private static final int PATIENCE_SECONDS = 180;

    @Mixin private Bench.Common common = new Bench.Common();
    @Mixin private Sides.Options sides = new Sides.Options();

    @Option(names = "--records", description = "records of 1 KB (default: ${DEFAULT-VALUE})")
    private long records = 500_000;

    @Option(
            names = "--segment-mib",
            description = "size of a segment of the log, MiB (default: ${DEFAULT-VALUE})")
    private int segmentMib = 64;

    @Option(names = "--seconds", description = "of jumps, per sample (default: ${DEFAULT-VALUE})")
    private int seconds = 5;

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        sides.tiered = true;
        sides.names = sides.names.stream().filter(name -> !name.equals(Side.KAFKA_FSYNC)).toList();
        Map<String, String> annals = Map.of("log.segment.bytes", "" + segmentBytes());
        try (Sides running = Sides.start(common, sides, annals, results)) {
            long archived = records;
            for (Side side : running.all()) {
                archived = Math.min(archived, fill(side));
            }
            long read = archived;
            results.note("%d records of 1 KB are read, all archived".formatted(read));
            for (Side side : running.all()) {
                running.settle();
                results.add(FIRST, side.name(), sequential(side, read, 1).megabytesPerSecond());
            }
            running.rounds(common.repetitions, results, (side, _, into) -> again(side, read, into));
        }
        common.publish(results);
        return 0;
    }

    private long segmentBytes() {
        return (long) segmentMib << 20;
    }

    /// @return below which offset everything is archived, and archived only
    private long fill(Side side) throws Exception {
        Peer peer = side.peer();
        LoadGenerator.createTopic(
                peer.bootstrap(),
                TOPIC,
                1,
                peer instanceof KafkaPeer
                        ? Map.of(
                                "remote.storage.enable",
                                "true",
                                "segment.bytes",
                                "" + segmentBytes(),
                                "local.retention.ms",
                                "1000")
                        : Map.of());
        LoadGenerator.run(
                "produce",
                peer.bootstrap(),
                TOPIC,
                List.of("records=" + records, "payload=1000", "batch.size=131072", "linger.ms=5"));
        if (peer instanceof AnnalsPeer annals) {
            Http.post(annals.http() + "/v1/admin/seal");
        }
        long expected = records - 2 * segmentBytes() / 1_000; // the active segment stays
        for (int i = 0; i < PATIENCE_SECONDS; i++) {
            long local = earliestLocal(peer);
            if (local >= expected) {
                return local;
            }
            Thread.sleep(1_000);
        }
        throw new IllegalStateException(
                "%s still has offset %d in its hot tier".formatted(side.name(), expected));
    }

    private static long earliestLocal(Peer peer) throws Exception {
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (Admin admin = Admin.create(Processes.client(peer.bootstrap(), 30_000))) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.earliestLocal()))
                    .partitionResult(partition)
                    .get()
                    .offset();
        }
    }

    private void again(Side side, long read, Results results) throws Exception {
        ServerCpu cpu = ServerCpu.of(side.peer());
        Load load = sequential(side, read, ConsumeLoad.PASSES);
        results.add(AGAIN, side.name(), load.megabytesPerSecond());
        cpu.add(results, ", sequential", side, load);
        Load jumps =
                LoadGenerator.run(
                        "seek",
                        side.peer().bootstrap(),
                        TOPIC,
                        List.of("records=" + read, "seconds=" + seconds, "warm=1"));
        results.add(JUMP, side.name(), jumps.p50Ms());
        results.add(SLOW_JUMP, side.name(), jumps.p99Ms());
    }

    private static Load sequential(Side side, long read, int passes) throws Exception {
        return LoadGenerator.run(
                "consume",
                side.peer().bootstrap(),
                TOPIC,
                List.of("records=" + read, "passes=" + passes));
    }
}
