package io.annals.benchmarks.results;

import io.annals.benchmarks.results.Measure.Better;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The regression guard: compares a run with a recorded one, case by case, and tells what fell by
/// more than its noise.
///
/// Compared is what depends least on the machine and on what else it did: the ratio to the first
/// peer, taken round by round; else the share of the hardware's limit; else the figure itself. The
/// noise of a case is the wider of the two runs' spreads relative to their medians, but at least
/// [#LEAST_NOISE].
public final class Guard {
    /// What two runs on one machine may differ by for no reason, as a part of the figure.
    static final double LEAST_NOISE = 0.1;

    private Guard() {}

    /// What a case is compared by.
    ///
    /// @param basis such as `ratio to kafka`
    public record Figure(String basis, Samples samples) {}

    /// @param before empty if the recorded run does not have the case on the same basis
    /// @param noise as a part of the figure; zero without `before`
    /// @param gain now over before, turned so that below one is worse; one without `before`
    public record Line(
            String name, Figure now, Optional<Figure> before, double noise, double gain) {

        public boolean fell() {
            return gain < 1 - noise;
        }

        public boolean rose() {
            return gain > 1 + noise;
        }
    }

    public static List<Line> compare(RunRecord now, Optional<RunRecord> before) {
        List<Line> lines = new ArrayList<>();
        for (CaseRecord c : now.cases()) {
            if (c.measure().better() == Better.NEITHER || c.ofTheMachine()) {
                continue;
            }
            Figure figure = figure(now, c);
            lines.add(
                    before.flatMap(run -> run.find(c.measure().name()).map(old -> figure(run, old)))
                            .filter(old -> old.basis().equals(figure.basis()))
                            .map(old -> line(c.measure(), figure, old))
                            .orElseGet(() ->
                                    new Line(c.measure().name(), figure, Optional.empty(), 0, 1)));
        }
        return lines;
    }

    /// A Markdown table of the lines.
    public static String render(List<Line> lines) {
        StringBuilder text =
                new StringBuilder("| case | compared by | now | recorded | noise | verdict |\n");
        text.append("|---|---|---|---|---|---|\n");
        for (Line line : lines) {
            text.append(
                    "| %s | %s | %s | %s | %s | %s |\n"
                            .formatted(
                                    line.name(),
                                    line.now().basis(),
                                    Figures.spread(line.now().samples()),
                                    line.before().map(b -> Figures.spread(b.samples())).orElse(""),
                                    line.before().isEmpty() ? "" : Figures.percent(line.noise()),
                                    verdict(line)));
        }
        return text.toString();
    }

    private static String verdict(Line line) {
        if (line.before().isEmpty()) {
            return "not recorded";
        }
        String change = " (%s)".formatted(Figures.number(line.gain()));
        return (line.fell() ? "**fell**" : line.rose() ? "rose" : "same") + change;
    }

    private static Line line(Measure measure, Figure now, Figure before) {
        double noise =
                Math.max(
                        LEAST_NOISE,
                        Math.max(relativeSpread(now.samples()), relativeSpread(before.samples())));
        double ratio = now.samples().median() / before.samples().median();
        double gain = measure.better() == Better.LOWER ? 1 / ratio : ratio;
        return new Line(measure.name(), now, Optional.of(before), noise, gain);
    }

    private static double relativeSpread(Samples samples) {
        return (samples.max() - samples.min()) / samples.median();
    }

    private static Figure figure(RunRecord run, CaseRecord c) {
        Samples own = c.subjectSamples();
        Optional<Map.Entry<String, Samples>> peer =
                c.sides().entrySet().stream().skip(1).findFirst();
        if (peer.isPresent()) {
            return new Figure("ratio to " + peer.get().getKey(), own.over(peer.get().getValue()));
        }
        Optional<CaseRecord> limit = Optional.ofNullable(c.measure().limit()).flatMap(run::find);
        return limit.map(l ->
                        new Figure("share of " + l.measure().name(), own.over(l.subjectSamples())))
                .orElseGet(() -> new Figure(c.measure().unit(), own));
    }
}
