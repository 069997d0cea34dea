package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.CaseRecord;
import io.annals.benchmarks.results.Figures;
import io.annals.benchmarks.results.Machine;
import io.annals.benchmarks.results.Measure;
import io.annals.benchmarks.results.Samples;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Figures of one run as they come: several samples per case and side. Annals, else the side that
/// came first, is what the others stand beside.
///
/// Rounds that only warm up go to a `Results` that nobody publishes. Not thread-safe.
final class Results {
    private static final String ANNALS = "annals";

    /// The side of a case that says what the hardware allows.
    static final String MACHINE = CaseRecord.MACHINE;

    private final Map<String, Measure> measures = new LinkedHashMap<>();
    private final Map<String, Map<String, List<Double>>> samples = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final Instant startedAt = Clock.systemUTC().instant();
    private final List<Double> loadBefore = loadAverages();
    private final Checkout checkout = Checkout.observe();

    /// A sample of a case that is only described by its name.
    void add(String what, String side, double value) {
        add(Measure.of(what, ""), side, value);
    }

    /// @throws IllegalArgumentException for what is no figure, such as a rate of nothing
    void add(Measure measure, String side, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(measure.name() + " of " + side + ": " + value);
        }
        measures.putIfAbsent(measure.name(), measure);
        samples.computeIfAbsent(measure.name(), _ -> new LinkedHashMap<>())
                .computeIfAbsent(side, _ -> new ArrayList<>())
                .add(value);
        System.err.printf(
                Locale.ROOT,
                "  %-60s %-14s %.3f %s%n",
                measure.name(),
                side,
                value,
                measure.unit());
    }

    /// What a reader must know beside the figures, such as a side that is missing, and why.
    void note(String text) {
        notes.add(text);
        System.err.println("  note: " + text);
    }

    List<String> notes() {
        return List.copyOf(notes);
    }

    Instant startedAt() {
        return startedAt;
    }

    /// Load averages when the first sample was still to come.
    List<Double> loadBefore() {
        return loadBefore;
    }

    /// The checkout when the run began: what it measures was built by then.
    Checkout checkout() {
        return checkout;
    }

    /// The cases so far, in the order in which they first came.
    List<CaseRecord> cases() {
        List<CaseRecord> cases = new ArrayList<>();
        samples.forEach((name, bySide) -> {
            Map<String, Samples> sides = new LinkedHashMap<>();
            if (bySide.containsKey(ANNALS)) {
                sides.put(ANNALS, new Samples(bySide.get(ANNALS))); // the one that is judged
            }
            bySide.forEach((side, values) -> sides.put(side, new Samples(values)));
            cases.add(new CaseRecord(measures.get(name), sides));
        });
        return cases;
    }

    static double median(List<Double> values) {
        return new Samples(values).median();
    }

    /// The `q` quantile of unsorted values, `q` in [0, 1).
    static double quantile(double[] values, double q) {
        return Samples.quantile(values, q);
    }

    /// A Markdown table: a row per case, a column per side, and the first side over each other one.
    void print() {
        List<String> sides =
                samples.values().stream().flatMap(s -> s.keySet().stream()).distinct().toList();
        StringBuilder table = new StringBuilder("| case |");
        sides.forEach(side -> table.append(' ').append(side).append(" median (min-max) |"));
        table.append(" ratio |\n|---|").append("---|".repeat(sides.size() + 1)).append('\n');
        for (CaseRecord c : cases()) {
            table.append("| ").append(c.measure().name());
            table.append(c.measure().unit().isEmpty() ? "" : ", " + c.measure().unit());
            table.append(" |");
            sides.forEach(side -> table.append(' ').append(cell(c.sides().get(side))).append(" |"));
            c.ratios().values().forEach(r -> table.append(' ').append(Figures.number(r)));
            table.append(" |\n");
        }
        System.out.print(table);
    }

    private static String cell(@org.jspecify.annotations.Nullable Samples values) {
        if (values == null) {
            return "";
        }
        return Figures.spread(values);
    }

    private static List<Double> loadAverages() {
        try {
            return Machine.loadAverages();
        } catch (IOException _) {
            return List.of(0.0, 0.0, 0.0); // not Linux
        }
    }
}
