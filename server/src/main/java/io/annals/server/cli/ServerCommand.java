package io.annals.server.cli;

import io.annals.registry.LeaseRequest;
import io.annals.server.InvalidSettingsException;
import io.annals.server.Node;
import io.annals.server.Settings;
import io.annals.server.SettingsLoader;
import io.annals.server.StartException;
import io.annals.server.StderrLogging;
import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs a node until the process is told to end.
///
/// Stdout gets one line, when the node serves: `annals ready kafka=HOST:PORT http=HOST:PORT`.
@Command(
        name = "server",
        description = "Runs a server.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Prints `annals ready kafka=HOST:PORT http=HOST:PORT` on stdout when it serves;",
            "SIGTERM ends it cleanly. Settings: docs/configuration.md."
        })
final class ServerCommand implements Callable<Integer> {
    @Mixin private SettingsOptions options;

    @Option(
            names = "--kafka-port",
            paramLabel = "PORT",
            description = "Port of listeners; 0 picks a free one.")
    private Optional<Integer> kafkaPort = Optional.empty();

    @Option(names = "--http-port", paramLabel = "PORT", description = "Same as annals.http.port.")
    private Optional<Integer> httpPort = Optional.empty();

    @Option(
            names = "--take-over",
            description =
                    "Take the archive from the server that has it, without waiting. If that one"
                            + " lives, it writes no more to the archive.")
    private boolean takeOver;

    @Override
    public Integer call() throws Exception {
        Settings settings = settings();
        StderrLogging.use(settings.logLevel(), settings.logsJson());
        Node node = start(settings, takeOver ? LeaseRequest.TAKE_OVER : LeaseRequest.WAIT);
        System.out.printf(
                "annals ready kafka=%s http=%s%n", node.kafkaAddress(), node.httpAddress());
        System.out.flush();
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private Settings settings() throws StartException, InvalidSettingsException {
        SettingsLoader loader = options.loader();
        httpPort.ifPresent(loader::httpPort);
        kafkaPort.ifPresent(loader::kafkaPort);
        return loader.load();
    }

    /// Starts the node and makes SIGTERM close it. Ending by signal before that is safe: the log is
    /// made for it.
    private static Node start(Settings settings, LeaseRequest lease)
            throws StartException, IOException {
        Node node = Node.start(settings, Clock.systemUTC(), lease);
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform()
                                .name("shutdown")
                                .unstarted(() -> Runtime.getRuntime().halt(close(node))));
        return node;
    }

    private static int close(Node node) {
        Logger log = LoggerFactory.getLogger(ServerCommand.class);
        try {
            node.close();
            return ExitCode.OK;
        } catch (Exception e) {
            log.error("the shutdown was not clean", e);
            return ExitCode.FAILED;
        }
    }
}
