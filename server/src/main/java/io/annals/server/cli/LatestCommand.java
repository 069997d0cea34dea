package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// The latest record of a key, now or as of an ingest time.
@Command(
        name = "latest",
        description = "Shows the latest record of a key.",
        mixinStandardHelpOptions = true)
final class LatestCommand implements Callable<Integer> {
    @Mixin private ServerOptions server;
    @Mixin private ViewOptions view;

    @Parameters(index = "0", paramLabel = "TOPIC")
    private String topic;

    @Parameters(index = "1", paramLabel = "KEY")
    private String key;

    @Override
    public Integer call() throws Exception {
        String path =
                "/v1/topics/"
                        + HttpApi.pathPart(topic)
                        + "/latest"
                        + view.addTo(new HttpApi.Query().with("key", key));
        return server.show(path, LatestCommand::text);
    }

    private static String text(JsonNode answer) {
        return RecordTable.of(
                com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                        .arrayNode()
                        .addAll(List.of(answer)));
    }
}
