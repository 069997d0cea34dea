package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The ways in which clients get here: jars with Maven, JavaScript with npm's lock file, and
/// Debian's packages, which `bin/ci-deps` installs.
final class Installations {
    /// Debian's, not one that happens to come first in the path: it has Debian's modules.
    private static final String PYTHON = "/usr/bin/python3";

    private Installations() {}

    /// A Java source file with one set of jars on its class path.
    static Script.Installation java(String jars, String source, String... arguments) {
        return () -> {
            List<String> command =
                    new java.util.ArrayList<>(
                            List.of(
                                    Processes.java(),
                                    "-Xmx512m",
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                                    "-cp",
                                    Jars.of(jars),
                                    "scripts/" + source));
            command.addAll(List.of(arguments));
            return command;
        };
    }

    static Script.Installation python(String module, String script) {
        return () -> {
            require(
                    "Debian's package python3-" + module.replace('_', '-'),
                    PYTHON,
                    "-c",
                    "import " + module);
            return List.of(PYTHON, "scripts/" + script);
        };
    }

    static Script.Installation node(String script) {
        return () -> {
            require("Node.js 20 or newer, with npm", "npm", "--version");
            Path folder = Jars.folder("javascript");
            if (!Files.isDirectory(folder.resolve("node_modules"))) {
                Files.createDirectories(folder);
                for (String file : List.of("package.json", "package-lock.json")) {
                    Files.copy(
                            Jars.CLIENTS.resolve("javascript").resolve(file),
                            folder.resolve(file),
                            StandardCopyOption.REPLACE_EXISTING);
                }
                require(
                        "the packages of compatibility/clients/javascript (npm ci failed)",
                        "npm",
                        "ci",
                        "--no-audit",
                        "--no-fund",
                        "--prefix",
                        folder.toString());
            }
            // A module is looked for in the folders above the script that asks for it.
            for (String file : List.of("support.mjs", script)) {
                Files.copy(
                        Jars.CLIENTS.resolve("javascript").resolve(file),
                        folder.resolve(file),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            return List.of("node", folder.resolve(script).toString());
        };
    }

    static Script.Installation kcat() {
        return () -> {
            require("kcat", "kcat", "-V");
            return List.of("bash", "scripts/kcat.sh");
        };
    }

    static Script.Installation tools() {
        return () ->
                List.of(
                        "env",
                        "JAVA=" + Processes.java(),
                        "TOOLS=" + Jars.of("kafka-tools"),
                        "LOG4J=" + Jars.CLIENTS.resolve("log4j2.properties"),
                        "bash",
                        "scripts/tools.sh");
    }

    private static void require(String what, String... command)
            throws IOException, InterruptedException {
        boolean works;
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            works = process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException _) {
            works = false;
        }
        if (!works) {
            throw new IOException("missing: " + what + "; bin/ci-deps installs it on Debian");
        }
    }
}
