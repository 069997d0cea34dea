package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Searches topics and prints hits, total and what was covered.
@Command(name = "search", description = "Searches topics.", mixinStandardHelpOptions = true)
final class SearchCommand implements Callable<Integer> {
    @Mixin private ServerOptions server;
    @Mixin private SelectionOptions selection;
    @Mixin private ViewOptions view;

    @Option(names = "--generation", description = "Search one state of the registry.")
    private Optional<Long> generation = Optional.empty();

    @Option(names = "--partition")
    private Optional<Integer> partition = Optional.empty();

    @Option(names = "--limit", description = "1 to 1000 (default 20).")
    private Optional<Integer> limit = Optional.empty();

    @Option(names = "--order", description = "newest (default), oldest or score.")
    private Optional<String> order = Optional.empty();

    @Option(names = "--cursor", description = "Of the page before.")
    private Optional<String> cursor = Optional.empty();

    @Option(
            names = "--min-offset",
            paramLabel = "P:O",
            description = "Wait until searchable; repeatable.")
    private List<String> minOffsets = new ArrayList<>();

    @Option(names = "--require-complete", description = "Fail if anything could not be searched.")
    private boolean requireComplete;

    @Option(names = "--timeout-ms")
    private Optional<Long> timeoutMs = Optional.empty();

    @Override
    public Integer call() throws Exception {
        HttpApi.Query parameters =
                new HttpApi.Query()
                        .with("q", selection.query())
                        .with("from", selection.from())
                        .with("to", selection.to())
                        .with("generation", generation)
                        .with("partition", partition)
                        .with("limit", limit)
                        .with("order", order)
                        .with("cursor", cursor)
                        .with("timeout_ms", timeoutMs);
        view.addTo(parameters);
        minOffsets.forEach(minOffset -> parameters.with("min_offset", minOffset));
        if (requireComplete) {
            parameters.with("require_complete", true);
        }
        String path = "/v1/topics/" + HttpApi.pathPart(selection.topic()) + "/search";
        return server.show(path + parameters, SearchCommand::text);
    }

    private static String text(JsonNode answer) {
        JsonNode total = answer.path("total");
        JsonNode coverage = answer.path("coverage");
        boolean exact = total.path("relation").asText("eq").equals("eq");
        return RecordTable.of(answer.path("hits"))
                + "\n%s%d found, generation %d%s\n"
                        .formatted(
                                exact ? "" : "at least ",
                                total.path("value").asLong(),
                                coverage.path("generation").asLong(),
                                coverage.path("complete").asBoolean(true)
                                        ? ""
                                        : "; INCOMPLETE, see the coverage in --json")
                + (answer.path("cursor").isTextual()
                        ? "next page: --cursor " + answer.path("cursor").asText() + "\n"
                        : "");
    }
}
