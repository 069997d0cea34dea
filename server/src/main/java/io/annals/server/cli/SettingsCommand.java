package io.annals.server.cli;

import io.annals.server.SettingsReference;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Lists every setting of the server.
@Command(
        name = "settings",
        description = "Lists every setting, its default and what is allowed.",
        mixinStandardHelpOptions = true)
final class SettingsCommand implements Callable<Integer> {
    @Option(names = "--markdown", description = "Writes docs/configuration.md.")
    private boolean markdown;

    @Override
    public Integer call() {
        if (markdown) {
            System.out.print(SettingsReference.markdown());
        } else {
            System.out.print(
                    Table.of(List.of("SETTING", "DEFAULT", "ALLOWED"), SettingsReference.rows()));
        }
        return ExitCode.OK;
    }
}
