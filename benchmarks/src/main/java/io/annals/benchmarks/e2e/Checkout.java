package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What was checked out.
///
/// @param commit empty if that is not known
/// @param dirty whether tracked files differ from the commit
record Checkout(String commit, boolean dirty) {

    static Checkout observe() {
        return new Checkout(
                git("rev-parse", "HEAD"), !git("status", "--porcelain", "-uno").isEmpty());
    }

    /// What git says; nothing where there is no git, or nothing that it knows.
    private static String git(String... arguments) {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        try {
            Process git =
                    new ProcessBuilder(command)
                            .directory(Processes.ROOT.toFile())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            byte[] said = git.getInputStream().readAllBytes();
            return git.waitFor() == 0 ? new String(said, StandardCharsets.UTF_8).strip() : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
