package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/// The servers of a run, started, and the sides on them. A peer that cannot be fetched or started
/// is left out, and the results say so. Confined to one thread.
final class Sides implements AutoCloseable {
    private static final int MAX_SETTLE_SECONDS = 30;
    private static final double IDLE_CPU_SECONDS = 0.05;

    private final Set<Peer> servers = new LinkedHashSet<>();
    private final List<Side> sides = new ArrayList<>();

    /// Which sides, and how.
    static final class Options {
        @Option(
                names = "--sides",
                split = ",",
                description = "annals, kafka, kafka fsync (default: all)")
        List<String> names = List.of(Side.ANNALS, Side.KAFKA, Side.KAFKA_FSYNC);

        @Option(
                names = "--setting",
                split = ",",
                description = "settings of the Annals server, key=value")
        Map<String, String> settings = Map.of();

        /// Kafka with its tiered storage.
        boolean tiered;
    }

    /// Takes one sample of a case.
    @FunctionalInterface
    interface Sample {
        /// @param round 0, 1, ...; -1 warms up
        /// @param results where the figures go
        void take(Side side, int round, Results results) throws Exception;
    }

    /// @param settings of the Annals server, that the scenario needs; the user's win
    static Sides start(
            Bench.Common common, Options options, Map<String, String> settings, Results results)
            throws Exception {
        Sides sides = new Sides();
        try {
            for (String name : options.names) {
                sides.add(common, name, options, merged(settings, options.settings), results);
            }
        } catch (Exception e) {
            sides.close();
            throw e;
        }
        return sides;
    }

    /// Lets each side take each round, after one that only warms up; who begins changes from round
    /// to round, and each finds the servers at rest.
    void rounds(int rounds, Results results, Sample sample) throws Exception {
        for (int round = -1; round < rounds; round++) {
            for (Side side : round % 2 == 0 ? sides : sides.reversed()) {
                settle();
                sample.take(side, round, round < 0 ? new Results() : results);
            }
        }
    }

    /// Waits until no server has anything left to do of its own (flushing, indexing), so that one
    /// side does not pay for what another put off. Gives up after [#MAX_SETTLE_SECONDS].
    void settle() throws IOException, InterruptedException {
        double before = cpuSeconds();
        for (int i = 0; i < 2 * MAX_SETTLE_SECONDS; i++) {
            Thread.sleep(500);
            double now = cpuSeconds();
            if (now - before <= IDLE_CPU_SECONDS) {
                return;
            }
            before = now;
        }
    }

    Optional<AnnalsPeer> annals() {
        return servers.stream()
                .filter(AnnalsPeer.class::isInstance)
                .map(AnnalsPeer.class::cast)
                .findFirst();
    }

    List<Side> all() {
        return List.copyOf(sides);
    }

    private void add(
            Bench.Common common,
            String name,
            Options options,
            Map<String, String> settings,
            Results results)
            throws Exception {
        switch (name) {
            case Side.ANNALS -> {
                Peer annals = new AnnalsPeer(common.fresh("annals"), settings);
                servers.add(annals);
                annals.start();
                sides.add(new Side(name, annals, Map.of()));
            }
            case Side.KAFKA ->
                    kafka(common, options, results)
                            .ifPresent(kafka -> sides.add(new Side(name, kafka, Map.of())));
            case Side.KAFKA_FSYNC ->
                    kafka(common, options, results)
                            .ifPresent(kafka ->
                                    sides.add(
                                            new Side(name, kafka, Map.of("flush.messages", "1"))));
            default ->
                    throw new IllegalArgumentException(
                            "unknown side " + name + ", allowed: annals, kafka, kafka fsync");
        }
    }

    private Optional<Peer> kafka(Bench.Common common, Options options, Results results)
            throws Exception {
        Optional<Peer> running = servers.stream().filter(KafkaPeer.class::isInstance).findFirst();
        if (running.isPresent()) {
            return running;
        }
        try {
            KafkaPeer kafka =
                    options.tiered
                            ? KafkaPeer.tiered(common.fresh("kafka"))
                            : new KafkaPeer(common.fresh("kafka"));
            kafka.start();
            servers.add(kafka);
            return Optional.of(kafka);
        } catch (IOException e) {
            results.note("kafka is missing: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static Map<String, String> merged(Map<String, String> first, Map<String, String> then) {
        Map<String, String> merged = new java.util.HashMap<>(first);
        merged.putAll(then);
        return merged;
    }

    private double cpuSeconds() throws IOException {
        double sum = 0;
        for (Peer server : servers) {
            sum += server.cpuSeconds();
        }
        return sum;
    }

    /// Stops the servers; when interrupted, the rest of them end with this process.
    @Override
    public void close() {
        try {
            for (Peer server : servers) {
                server.stop();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
