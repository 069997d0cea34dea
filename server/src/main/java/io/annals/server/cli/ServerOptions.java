package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.server.SettingDefinitions;
import java.io.IOException;
import java.net.URI;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which server a command talks to over HTTP, and whether its answer is printed as JSON.
final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            defaultValue =
                    "${env:ANNALS_SERVER:-http://127.0.0.1:"
                            + SettingDefinitions.DEFAULT_HTTP_PORT
                            + "}",
            description = "HTTP API of the server (default: ${DEFAULT-VALUE}; env ANNALS_SERVER).")
    private URI server;

    @Mixin private OutputOptions output;

    boolean isJson() {
        return output.isJson();
    }

    HttpApi open() {
        return new HttpApi(server);
    }

    /// Prints what is at `path`, as [#print] does.
    int show(String path, Function<JsonNode, String> table)
            throws IOException, InterruptedException, CommandFailedException {
        try (HttpApi api = open()) {
            print(api.get(path), table);
        }
        return ExitCode.OK;
    }

    /// Prints the answer as JSON, or as the text that `table` makes of it.
    void print(JsonNode answer, Function<JsonNode, String> table) {
        System.out.print(output.isJson() ? HttpApi.pretty(answer) + "\n" : table.apply(answer));
    }
}
