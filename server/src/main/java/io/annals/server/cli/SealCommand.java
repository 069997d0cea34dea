package io.annals.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Seals what is hot and waits until it is archived.
@Command(
        name = "seal",
        description = "Seals and archives now; returns when it is done.",
        mixinStandardHelpOptions = true)
final class SealCommand implements Callable<Integer> {
    @Mixin private ServerOptions server;

    @Override
    public Integer call() throws Exception {
        try (HttpApi api = server.open()) {
            System.err.println("sealing and archiving ...");
            server.print(
                    api.post("/v1/admin/seal"),
                    answer ->
                            "archived, generation %d\n"
                                    .formatted(answer.path("generation").asLong()));
        }
        return ExitCode.OK;
    }
}
