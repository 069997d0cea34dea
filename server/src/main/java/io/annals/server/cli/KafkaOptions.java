package io.annals.server.cli;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TimeoutException;
import picocli.CommandLine.Option;

/// Which server a command talks to over the Kafka protocol.
final class KafkaOptions {
    private static final int TIMEOUT_MS = 30_000;

    @Option(
            names = "--bootstrap-server",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:ANNALS_BOOTSTRAP:-127.0.0.1:9092}",
            description =
                    "Kafka listener of the server (default: ${DEFAULT-VALUE}; env ANNALS_BOOTSTRAP).")
    private String bootstrap;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    boolean json() {
        return json;
    }

    Admin open() {
        return Admin.create(
                Map.of(
                        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        AdminClientConfig.CLIENT_ID_CONFIG,
                        "annals-cli",
                        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        TIMEOUT_MS,
                        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        TIMEOUT_MS));
    }

    /// Waits for an answer; what the server refuses becomes the command's failure.
    <T> T await(KafkaFuture<T> future) throws InterruptedException, CommandFailedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            if (cause instanceof TimeoutException) {
                throw new CommandFailedException(
                        ExitCode.UNREACHABLE,
                        "no server answers at %s within %s"
                                .formatted(bootstrap, Duration.ofMillis(TIMEOUT_MS)));
            }
            throw new CommandFailedException(ExitCode.FAILED, String.valueOf(cause.getMessage()));
        }
    }
}
