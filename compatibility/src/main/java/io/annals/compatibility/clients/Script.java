package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Jars;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A program of the client's own language, in `compatibility/clients`, that prints `feature:
/// outcome` lines. It gets the server's address as `BOOTSTRAP`, the address that seals as
/// `SEAL_URL`, and its scenario's name as `PREFIX`, for the names of its topics.
///
/// @param installation makes the command that starts it; installs what it needs
record Script(String name, String client, List<String> features, Installation installation)
        implements Scenario {
    private static final int PATIENCE_MINUTES = 8;

    /// How a client gets here.
    interface Installation {
        /// @throws IOException that says what to install, if it cannot be done from here
        List<String> command() throws IOException, InterruptedException;
    }

    @Override
    public Map<String, String> run(Side side) throws IOException, InterruptedException {
        Path output = side.scratch().resolve(name + ".out");
        ProcessBuilder builder = new ProcessBuilder(installation.command());
        Map<String, String> environment = builder.environment();
        environment.put("BOOTSTRAP", side.bootstrap());
        environment.put("SEAL_URL", side.sealUrl());
        environment.put("PREFIX", name + "-");
        Process process =
                builder.directory(Jars.CLIENTS.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        process.getOutputStream().close();
        String end = "exit code %d";
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            end = "stopped after " + PATIENCE_MINUTES + " minutes";
        }
        return outcomes(
                Files.readString(output, StandardCharsets.UTF_8),
                end.formatted(process.exitValue()));
    }

    private Map<String, String> outcomes(String output, String end) {
        Map<String, String> said = new HashMap<>();
        for (String line : output.lines().toList()) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                said.putIfAbsent(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        Map<String, String> outcomes = new LinkedHashMap<>();
        for (String feature : features) {
            outcomes.put(feature, said.getOrDefault(feature, "failed: no outcome, " + end));
        }
        return outcomes;
    }
}
