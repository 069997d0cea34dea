package io.annals.compatibility;

import io.annals.compatibility.clients.Catalogue;
import io.annals.compatibility.clients.CompatibilityTable;
import io.annals.compatibility.clients.Record;
import io.annals.compatibility.clients.Scenario;
import io.annals.compatibility.clients.Side;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs scenarios against both servers, prints what was seen, and records it on demand. Fails if a
/// feature's outcome is not the same.
@Command(name = "run", description = "runs client scenarios against both servers")
final class RunCommand implements Callable<Integer> {
    private static final Path SCRATCH = Processes.ROOT.resolve("compatibility/target/scenarios");

    @Parameters(arity = "0..*", description = "names of scenarios (default: all)")
    private List<String> names = List.of();

    @Option(names = "--record", description = "write what was seen to record.json and the docs")
    private boolean record;

    @Option(
            names = "--servers",
            split = ",",
            description =
                    "kafka, annals (default: both; the other's outcomes come from the record)")
    private List<String> servers = List.of("kafka", "annals");

    @Override
    public Integer call() throws Exception {
        Record seen = Record.read();
        List<Scenario> scenarios =
                Catalogue.ALL.stream()
                        .filter(s -> names.isEmpty() || names.contains(s.name()))
                        .toList();
        int different = 0;
        try (Sides sides = Sides.start(SCRATCH.resolve("servers"))) {
            for (Scenario scenario : scenarios) {
                for (String server : servers) {
                    seen.put(scenario.name(), server, run(scenario, side(sides, server, scenario)));
                }
                different += print(scenario, seen);
                if (record && !Processes.ending()) {
                    seen.write();
                    CompatibilityTable.write(seen);
                }
            }
        }
        return different == 0 ? 0 : 1;
    }

    private static Side side(Sides sides, String server, Scenario scenario)
            throws IOException, InterruptedException {
        Path scratch = SCRATCH.resolve(scenario.name() + "-" + server);
        Processes.delete(scratch);
        Files.createDirectories(scratch);
        return server.equals("kafka")
                ? new Side(sides.kafka(), "", scratch)
                : new Side(sides.annals(), sides.annals().http() + "/v1/admin/seal", scratch);
    }

    private static Map<String, String> run(Scenario scenario, Side side)
            throws IOException, InterruptedException {
        System.err.printf("%s against %s ...%n", scenario.name(), side.peer().name());
        return scenario.run(side);
    }

    private static int print(Scenario scenario, Record seen) {
        int different = 0;
        for (String feature : scenario.features()) {
            String kafka = seen.outcome(scenario.name(), feature, "kafka");
            String annals = seen.outcome(scenario.name(), feature, "annals");
            if (kafka.equals(annals)) {
                System.out.printf("%s, %s: same: %s%n", scenario.name(), feature, kafka);
            } else {
                different++;
                System.out.printf(
                        "%s, %s: different%n    kafka:  %s%n    annals: %s%n",
                        scenario.name(), feature, kafka, annals);
            }
        }
        return different;
    }
}
