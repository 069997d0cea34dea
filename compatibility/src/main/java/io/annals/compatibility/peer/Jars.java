package io.annals.compatibility.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// The published jars of somebody else's program, each set in a folder of its own, away from the
/// class path of this build: `compatibility/clients/<name>.xml` names them, Maven fetches them
/// once.
public final class Jars {
    /// What is installed, and how: POMs, scripts, lock files.
    public static final Path CLIENTS = Processes.ROOT.resolve("compatibility/clients");

    private static final Path INSTALLED = Processes.ROOT.resolve("compatibility/target/installed");
    private static final int PATIENCE_MINUTES = 10;

    private Jars() {}

    /// The folder for what the installation of `name` puts there; may not exist yet.
    public static Path folder(String name) {
        return INSTALLED.resolve(name);
    }

    /// Installs the set if it is missing.
    ///
    /// @return a class path
    /// @throws IOException if Maven could not fetch it, with what Maven said
    public static synchronized String of(String name) throws IOException, InterruptedException {
        Path folder = folder(name);
        if (!Files.isDirectory(folder)) {
            Path partial = folder(name + ".partial");
            Processes.delete(partial);
            Files.createDirectories(partial);
            copyDependencies(CLIENTS.resolve(name + ".xml"), partial);
            Files.move(partial, folder);
        }
        return folder + "/*";
    }

    private static void copyDependencies(Path pom, Path folder)
            throws IOException, InterruptedException {
        Path said = folder.resolveSibling(folder.getFileName() + ".log");
        ProcessBuilder maven =
                new ProcessBuilder(
                        Processes.ROOT.resolve("mvnw").toString(),
                        "-q",
                        "-B",
                        "-ntp",
                        "-f",
                        pom.toString(),
                        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
                        "-DincludeScope=runtime",
                        "-DoutputDirectory=" + folder);
        maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // An outer Maven's options are not this one's.
        maven.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
        Process process =
                maven.redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .directory(Processes.ROOT.toFile())
                        .start();
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(
                    "cannot fetch the jars of %s: %s".formatted(pom, Files.readString(said)));
        }
    }
}
