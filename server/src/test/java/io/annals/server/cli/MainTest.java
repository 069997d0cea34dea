package io.annals.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
    private final Map<String, CommandLine> all = Main.commandLine().getSubcommands();

    @Test
    void aCommandCalledByNameIsTheOneThatHelpLists() {
        assertThat(all).containsKeys("server", "search", "verify", "registry");
        all.forEach((name, listed) -> {
            Map<String, CommandLine> alone = Main.commandLine(name).getSubcommands();
            assertThat(alone).containsOnlyKeys(name);
            assertThat(alone.values())
                    .extracting(CommandLine::getUsageMessage)
                    .containsExactly(listed.getUsageMessage());
        });
    }

    @Test
    void anUnknownCommandIsNamedWithThoseThatAreAlike() {
        StringWriter err = new StringWriter();
        int exitCode =
                Main.commandLine("serve").setErr(new PrintWriter(err, true)).execute("serve");
        assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("'serve'").contains("annals server");
    }
}
