package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists the record segments and index splits of topics.
@Command(
        name = "segments",
        description = "Lists record segments and index splits.",
        mixinStandardHelpOptions = true)
final class SegmentsCommand implements Callable<Integer> {
    private static final List<String> HEAD =
            List.of("KIND", "TOPIC", "PARTITION", "FROM", "TO", "RECORDS", "BYTES", "OBJECT");

    @Mixin private ServerOptions server;

    @Parameters(index = "0", arity = "0..1", paramLabel = "TOPIC", description = "Default: all.")
    private Optional<String> topic = Optional.empty();

    @Override
    public Integer call() throws Exception {
        String path = "/v1/segments" + new HttpApi.Query().with("topic", topic);
        return server.show(path, SegmentsCommand::text);
    }

    private static String text(JsonNode answer) {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode segment : answer.path("segments")) {
            for (JsonNode range : segment.path("ranges")) {
                rows.add(
                        List.of(
                                segment.path("kind").asText(),
                                segment.path("topic").asText(),
                                range.path("partition").asText(),
                                range.path("from").asText(),
                                range.path("to").asText(),
                                range.path("records").asText(),
                                segment.path("size_bytes").asText(),
                                segment.path("key").asText()));
            }
        }
        return Table.of(HEAD, rows);
    }
}
