package io.annals.compatibility;

import io.annals.compatibility.peer.Processes;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The command line: everything that compares Annals with Apache Kafka and is too heavy for the
/// tests.
@Command(
        name = "annals-compat",
        description = "Compares Annals with an Apache Kafka started beside it.",
        mixinStandardHelpOptions = true,
        subcommands = {
            DifferentialCommand.class,
            RunCommand.class,
            ServeCommand.class,
            TableCommand.class
        })
public final class Compat {
    private Compat() {}

    public static void main(String[] arguments) {
        Processes.endAllAtExit();
        System.exit(new CommandLine(new Compat()).execute(arguments));
    }
}
