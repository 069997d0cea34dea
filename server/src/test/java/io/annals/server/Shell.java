package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs other people's programs (tar, python3, kcat, mount) to their end.
final class Shell {
    private Shell() {}

    /// Lines of stdout and stderr; fails unless the program ends with 0.
    static List<String> run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        List<String> output = process.inputReader(StandardCharsets.UTF_8).lines().toList();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .describedAs("%s%n%s", String.join(" ", command), String.join("\n", output))
                .isZero();
        return output;
    }
}
