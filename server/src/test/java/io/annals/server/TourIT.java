package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the README's tour as it is printed, against a server of its own.
///
/// A step is a fenced `sh` block under the comment `<!-- tour -->`; a fenced `text` block right
/// after it is what it prints. All steps run in one shell, in order, in an empty folder. Comparing
/// is loose: blanks collapse, digits count as one, `…` stands for anything, and the output may have
/// lines that the README leaves out.
class TourIT {
    private static final Pattern STEP =
            Pattern.compile(
                    "^<!-- tour -->\\n```sh\\n(.*?)^```\\n(?:\\s*^```text\\n(.*?)^```\\n)?",
                    Pattern.DOTALL | Pattern.MULTILINE);
    private static final String END = "--- end of step %d, exit code ";

    @TempDir Path folder;

    @Test
    void everyStepOfTheTourPrintsWhatTheReadmeShows() throws Exception {
        List<Step> steps = steps(Files.readString(AnnalsProcess.REPOSITORY.resolve("README.md")));
        assertThat(steps).isNotEmpty();

        try (AnnalsProcess server = AnnalsProcess.start(folder.resolve("data"))) {
            List<String> output = run(steps, server);

            int at = 0;
            for (int i = 0; i < steps.size(); i++) {
                String end = END.formatted(i);
                int from = at;
                while (!output.get(at).startsWith(end)) {
                    at++;
                }
                Step step = steps.get(i);
                List<String> printed = output.subList(from, at);
                assertThat(output.get(at))
                        .describedAs("%s%nprinted %s", step.commands(), printed)
                        .isEqualTo(end + "0");
                assertShown(step, printed);
                at++;
            }
        }
    }

    private static void assertShown(Step step, List<String> printed) {
        int at = 0;
        for (String shown : step.shown()) {
            Pattern pattern = loose(shown);
            while (at < printed.size() && !pattern.matcher(normal(printed.get(at))).matches()) {
                at++;
            }
            assertThat(at)
                    .describedAs(
                            "after%n%s%nthe README shows%n  %s%nbut what was printed is%n  %s",
                            step.commands(), shown, String.join("\n  ", printed))
                    .isLessThan(printed.size());
            at++;
        }
    }

    private List<String> run(List<Step> steps, AnnalsProcess server) throws Exception {
        StringBuilder script = new StringBuilder();
        for (int i = 0; i < steps.size(); i++) {
            script.append(steps.get(i).commands())
                    .append("\ncode=$?; echo; echo \"")
                    .append(END.formatted(i))
                    .append("$code\"\n");
        }
        Path file = folder.resolve("tour.sh");
        Files.createSymbolicLink(folder.resolve("bin"), AnnalsProcess.REPOSITORY.resolve("bin"));
        Files.writeString(
                file,
                script.toString()
                        .replaceAll("(localhost|127\\.0\\.0\\.1):9092", server.kafka())
                        .replaceAll(
                                "(localhost|127\\.0\\.0\\.1):"
                                        + SettingDefinitions.DEFAULT_HTTP_PORT,
                                server.http().substring("http://".length())));
        ProcessBuilder builder = new ProcessBuilder("bash", file.toString());
        builder.directory(folder.toFile());
        builder.environment().put("ANNALS_BUILD", "never");
        builder.environment().put("ANNALS_SERVER", server.http());
        builder.environment().put("ANNALS_BOOTSTRAP", server.kafka());
        Path output = folder.resolve("tour.out");
        Process shell = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(shell.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return Files.readAllLines(output);
    }

    private static List<Step> steps(String readme) {
        List<Step> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(readme);
        while (matcher.find()) {
            String shown = matcher.group(2);
            steps.add(
                    new Step(
                            matcher.group(1),
                            shown == null
                                    ? List.of()
                                    : shown.lines().filter(line -> !line.isBlank()).toList()));
        }
        return steps;
    }

    private static Pattern loose(String shown) {
        List<String> parts = new ArrayList<>();
        for (String part : normal(shown).split("…", -1)) {
            parts.add(Pattern.quote(part));
        }
        return Pattern.compile(String.join(".*", parts));
    }

    private static String normal(String line) {
        return line.strip().replaceAll("\\s+", " ").replaceAll("[0-9]+", "0");
    }

    private record Step(String commands, List<String> shown) {}
}
