package io.annals.server.cli;

import io.annals.registry.CorruptRegistryException;
import io.annals.server.InvalidSettingsException;
import io.annals.server.Node;
import io.annals.server.StartException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The process: parses the command line, runs one command, ends with its exit code.
@Command(
        name = "annals",
        description = "A search-enabled, tiered message archive that speaks the Kafka protocol.",
        mixinStandardHelpOptions = true,
        version = Node.PROGRAM)
public final class Main {
    private static final List<Class<?>> COMMANDS =
            List.of(
                    ServerCommand.class,
                    TopicsCommand.class,
                    SegmentsCommand.class,
                    SearchCommand.class,
                    QueryCommand.class,
                    RecordsCommand.class,
                    LatestCommand.class,
                    SealCommand.class,
                    VerifyCommand.class,
                    RegistryCommand.class,
                    SettingsCommand.class,
                    RehearseCommand.class);

    private Main() {}

    public static void main(String[] arguments) {
        int exitCode = commandLine(arguments).execute(arguments);
        System.out.flush();
        Runtime.getRuntime().exit(exitCode);
    }

    /// The parser for `arguments`. Of the commands it has the named one only, because describing
    /// all of them takes longer than most of them run; all of them if none is named.
    static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new Main());
        COMMANDS.stream()
                .filter(command -> arguments.length > 0 && name(command).equals(arguments[0]))
                .findFirst()
                .<List<Class<?>>>map(List::of)
                .orElse(COMMANDS)
                .forEach(line::addSubcommand);
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, _) -> explain(e, command.getErr()));
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }

    /// Turns what went wrong into lines for the user and an exit code for scripts.
    private static int explain(Exception failure, PrintWriter err) {
        return switch (failure) {
            case InvalidSettingsException e -> say(err, e.problems(), ExitCode.INVALID_SETTING);
            case StartException e -> say(err, List.of(message(e)), ExitCode.of(e.reason()));
            case CommandFailedException e -> say(err, List.of(message(e)), e.exitCode());
            case CorruptRegistryException e ->
                    say(
                            err,
                            List.of(message(e), "bin/annals registry rebuild makes it again"),
                            ExitCode.DAMAGED);
            case IOException e -> say(err, List.of(message(e)), ExitCode.FAILED);
            default -> {
                failure.printStackTrace(err);
                yield ExitCode.FAILED;
            }
        };
    }

    private static String message(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static int say(PrintWriter err, List<String> lines, int exitCode) {
        lines.forEach(line -> err.println("annals: " + line));
        err.flush();
        return exitCode;
    }
}
