package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Machine;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/// Runs a scenario with a flight recording of the Annals server and keeps what the JDK's own views
/// say of it: where the processor time went, what was allocated where, who waited for which lock.
/// The figures of such a run are not recorded: the recording costs time.
@Command(
        name = "profile",
        description = "a scenario with a flight recording of the server, summed up as text")
final class ProfileCommand implements Callable<Integer> {
    private static final List<String> VIEWS =
            List.of(
                    "hot-methods",
                    "allocation-by-site",
                    "allocation-by-class",
                    "contention-by-site",
                    "gc-pauses",
                    "thread-cpu-load");
    private static final int LINES = 40;

    @Option(
            names = "--out",
            description = "file for the text (default: docs/profiles/<scenario>.md)")
    private Path out = Path.of("");

    @Parameters(
            arity = "1",
            description = "the scenario, and then what it is told, as without `profile`")
    private String scenario = "";

    @Unmatched private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        Path recordings = Processes.ROOT.resolve("benchmarks/target/recordings");
        Processes.delete(recordings);
        Files.createDirectories(recordings);
        int code = run(recordings);
        if (code != 0) {
            return code;
        }
        Path document =
                out.toString().isEmpty()
                        ? Processes.ROOT.resolve("docs/profiles/" + scenario + ".md")
                        : out.toAbsolutePath();
        Files.createDirectories(document.getParent());
        Files.writeString(document, text(longest(recordings)));
        System.err.println("written to " + document);
        return 0;
    }

    /// In a JVM of its own, because the servers take their flags from the environment.
    private int run(Path recordings) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xmx2g",
                                "-Dannals.root=" + Processes.ROOT,
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Bench.class.getName(),
                                scenario));
        command.addAll(arguments);
        command.addAll(List.of("--results", recordings.resolve("results").toString()));
        ProcessBuilder child = new ProcessBuilder(command).inheritIO();
        child.environment()
                .put(
                        "ANNALS_JVM_OPTS",
                        "-XX:StartFlightRecording=settings=profile,dumponexit=true,filename="
                                + recordings
                                + "/");
        return child.start().waitFor();
    }

    /// A scenario may start the server more than once: the one that recorded most counts.
    private static Path longest(Path recordings) throws IOException {
        try (Stream<Path> files = Files.list(recordings)) {
            return files.filter(file -> file.toString().endsWith(".jfr"))
                    .max(Comparator.comparing(file -> file.toFile().length()))
                    .orElseThrow(() -> new IOException("no server left a recording"));
        }
    }

    private String text(Path recording) throws IOException, InterruptedException {
        StringBuilder text = new StringBuilder();
        text.append("# Profile: ").append(scenario).append("\n\n");
        text.append(
                "`bin/annals bench profile %s %s`, %s, %s, load %s.\n\nWhat it led to: nothing yet.\n"
                        .formatted(
                                scenario,
                                String.join(" ", arguments),
                                Clock.systemUTC().instant(),
                                Machine.observe(recording).inWords(),
                                Machine.loadAverages()));
        for (String view : VIEWS) {
            text.append("\n```\n").append(view(view, recording).strip()).append("\n```\n");
        }
        return text.toString();
    }

    private static String view(String view, Path recording)
            throws IOException, InterruptedException {
        Process jfr =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jfr").toString(),
                                "view",
                                "--width",
                                "120",
                                "--truncate",
                                "beginning",
                                view,
                                recording.toString())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(jfr.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        jfr.waitFor();
        return String.join("\n", said.lines().map(String::stripTrailing).limit(LINES).toList());
    }
}
