package io.annals.benchmarks.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Figures of one run: several samples per case and side; printed as medians with their spread and
/// ratio.
final class Results {
    private final Map<String, Map<String, List<Double>>> samples = new LinkedHashMap<>();

    void add(String what, String side, double value) {
        samples.computeIfAbsent(what, _ -> new LinkedHashMap<>())
                .computeIfAbsent(side, _ -> new ArrayList<>())
                .add(value);
        System.err.printf(Locale.ROOT, "  %-44s %-8s %.2f%n", what, side, value);
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// The `q` quantile of unsorted values, `q` in [0, 1).
    static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (sorted.length * q)];
    }

    /// A Markdown table: a row per case, a column per side, and the first side over the second.
    void print() {
        List<String> sides =
                samples.values().stream().flatMap(s -> s.keySet().stream()).distinct().toList();
        StringBuilder table = new StringBuilder("| case |");
        sides.forEach(side -> table.append(' ').append(side).append(" median (min-max) |"));
        table.append(sides.size() == 2 ? " " + sides.get(0) + " / " + sides.get(1) + " |\n" : "\n");
        table.append("|---|")
                .append("---|".repeat(sides.size() + (sides.size() == 2 ? 1 : 0)))
                .append('\n');
        samples.forEach((what, bySide) -> {
            table.append("| ").append(what).append(" |");
            sides.forEach(side -> table.append(' ').append(cell(bySide.get(side))).append(" |"));
            if (sides.size() == 2 && bySide.size() == 2) {
                table.append(
                        String.format(
                                Locale.ROOT,
                                " %.2f |",
                                median(bySide.get(sides.get(0)))
                                        / median(bySide.get(sides.get(1)))));
            } else if (sides.size() == 2) {
                table.append(" |");
            }
            table.append('\n');
        });
        System.out.print(table);
    }

    private static String cell(@org.jspecify.annotations.Nullable List<Double> values) {
        if (values == null) {
            return "";
        }
        double min = values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        double max = values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        return String.format(Locale.ROOT, "%.1f (%.1f-%.1f)", median(values), min, max);
    }
}
