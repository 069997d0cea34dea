package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The latest record of a key, now or as of an ingest time.
@Command(
        name = "latest",
        description = "Shows the latest record of a key.",
        mixinStandardHelpOptions = true)
final class LatestCommand implements Callable<Integer> {
    @Mixin private ServerOptions server;

    @Parameters(index = "0", paramLabel = "TOPIC")
    private String topic;

    @Parameters(index = "1", paramLabel = "KEY")
    private String key;

    @Option(
            names = "--isolation",
            description =
                    "read_committed (default) or read_uncommitted: also open and aborted"
                            + " transactions.")
    private Optional<String> isolation = Optional.empty();

    @Option(names = "--as-of", description = "Ingest time: nothing appended later exists.")
    private Optional<String> asOf = Optional.empty();

    @Override
    public Integer call() throws Exception {
        String path =
                "/v1/topics/"
                        + HttpApi.pathPart(topic)
                        + "/latest"
                        + new HttpApi.Query()
                                .with("key", key)
                                .with("as_of", asOf)
                                .with("isolation", isolation);
        try (HttpApi api = server.open()) {
            server.print(api.get(path), LatestCommand::text);
        }
        return ExitCode.OK;
    }

    private static String text(JsonNode answer) {
        return RecordTable.of(
                com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                        .arrayNode()
                        .addAll(List.of(answer)));
    }
}
