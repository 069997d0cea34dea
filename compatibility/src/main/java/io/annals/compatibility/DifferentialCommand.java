package io.annals.compatibility;

import io.annals.compatibility.differential.Differential;
import io.annals.compatibility.peer.Processes;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The differential test for as long as one likes; prints each kind of difference with a request
/// that shows it, and fails if there is one.
@Command(
        name = "differential",
        description = "sends both servers the same request bytes and compares the answers")
final class DifferentialCommand implements Callable<Integer> {
    @Option(names = "--seed", description = "of the first round (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Option(
            names = "--rounds",
            description = "each with a seed of its own (default: ${DEFAULT-VALUE})")
    private int rounds = 1;

    @Option(
            names = "--per-version",
            description = "drawn requests of each API and version (default: ${DEFAULT-VALUE})")
    private int perVersion = 10;

    @Option(names = "--only", description = "a pattern of the dialogues to hold (default: all)")
    private String only = "";

    @Override
    public Integer call() throws Exception {
        try (Sides sides =
                Sides.start(Processes.ROOT.resolve("compatibility/target/differential"))) {
            Differential differential =
                    new Differential(sides).only(Pattern.compile(only)).handWritten();
            differential.limits(true);
            for (int i = 0; i < rounds; i++) {
                differential.seeded(seed + i, perVersion);
            }
            differential.report().forEach(System.out::println);
            differential
                    .requestsByApi()
                    .forEach((api, requests) ->
                            System.out.printf(
                                    "%8d %-24s %s%n",
                                    requests,
                                    api.name,
                                    differential.errorsByApi().getOrDefault(api, Set.of())));
            System.out.printf(
                    "%d requests to each, %d fields different as declared, %d kinds of difference%n",
                    differential.requests(), differential.declared(), differential.report().size());
            return differential.report().isEmpty() ? 0 : 1;
        }
    }
}
