package io.annals.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.compatibility.clients.Catalogue;
import io.annals.compatibility.clients.Record;
import io.annals.compatibility.clients.Scenario;
import io.annals.compatibility.clients.Side;
import io.annals.compatibility.peer.AnnalsPeer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The light scenarios against Annals alone: what Apache Kafka did is in the record. They run at
/// the same time, for they mostly wait. All of them, against both: `bin/annals-compat run`.
@Timeout(300)
class ClientsIT {
    /// What `bin/ci-deps` brings.
    private static final List<String> LIGHT = List.of("kcat", "kafka-python", "confluent-python");

    @TempDir private Path directory;

    @Test
    void light_clients_do_what_the_record_says() throws Exception {
        Record record = Record.read();
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> seen = new ConcurrentSkipListMap<>();
        AnnalsPeer annals = new AnnalsPeer(directory.resolve("annals"), Sides.SETTINGS_OF_ANNALS);
        annals.start();
        try (ExecutorService runs = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> ended = new ArrayList<>();
            for (Scenario scenario : Catalogue.ALL) {
                String name = scenario.name();
                if (LIGHT.contains(name)) {
                    for (String feature : scenario.features()) {
                        expected.put(
                                name + ", " + feature, record.outcome(name, feature, "annals"));
                    }
                    ended.add(
                            runs.submit(() -> {
                                run(scenario, annals)
                                        .forEach((feature, outcome) ->
                                                seen.put(name + ", " + feature, outcome));
                                return name;
                            }));
                }
            }
            for (Future<?> run : ended) {
                run.get();
            }
        } finally {
            annals.stop();
        }
        assertThat(seen).hasSizeGreaterThan(LIGHT.size()).isEqualTo(expected);
    }

    private Map<String, String> run(Scenario scenario, AnnalsPeer annals)
            throws IOException, InterruptedException {
        return scenario.run(new Side(annals, annals.http() + "/v1/admin/seal", directory));
    }
}
