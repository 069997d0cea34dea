package io.annals.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.compatibility.clients.Catalogue;
import io.annals.compatibility.clients.Record;
import io.annals.compatibility.clients.Scenario;
import io.annals.compatibility.clients.Side;
import io.annals.compatibility.peer.AnnalsPeer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The light scenarios against Annals alone: what Apache Kafka did is in the record. All of them,
/// against both: `bin/annals-compat run`.
class ClientsIT {
    private static final List<String> LIGHT = List.of("kcat", "kafka-python");

    @TempDir private Path directory;

    @Test
    void light_clients_do_what_the_record_says() throws IOException, InterruptedException {
        Record record = Record.read();
        AnnalsPeer annals = new AnnalsPeer(directory.resolve("annals"), Sides.SETTINGS_OF_ANNALS);
        annals.start();
        try {
            for (Scenario scenario : Catalogue.ALL) {
                if (LIGHT.contains(scenario.name())) {
                    Map<String, String> seen =
                            scenario.run(
                                    new Side(
                                            annals,
                                            annals.http() + "/v1/admin/seal",
                                            annals,
                                            directory));
                    seen.forEach((feature, outcome) ->
                            assertThat(outcome)
                                    .describedAs("%s, %s", scenario.client(), feature)
                                    .isEqualTo(record.outcome(scenario.name(), feature, "annals")));
                }
            }
        } finally {
            annals.stop();
        }
    }
}
