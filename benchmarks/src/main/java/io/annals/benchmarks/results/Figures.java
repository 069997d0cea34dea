package io.annals.benchmarks.results;

import io.annals.benchmarks.results.Measure.Better;
import java.util.Locale;

/// How figures and goals are written: three digits that count, with the spread where there is one.
public final class Figures {
    private Figures() {}

    public static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 || size == 0 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        if (size > 0 && size < 0.095) {
            format = "%.2g";
        }
        return String.format(Locale.ROOT, format, value);
    }

    /// Median, smallest and largest; a lone sample has no spread.
    public static String spread(Samples samples) {
        return samples.values().size() == 1
                ? number(samples.median())
                : "%s (%s-%s)"
                        .formatted(
                                number(samples.median()),
                                number(samples.min()),
                                number(samples.max()));
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    static String goal(Measure measure, Goal goal) {
        String bound = measure.better() == Better.LOWER ? "≤ " : "≥ ";
        return switch (goal.kind()) {
            case RATIO -> bound + number(goal.bound()) + " × " + goal.to();
            case SHARE -> bound + percent(goal.bound()) + " of the limit";
            case VALUE -> (bound + number(goal.bound()) + " " + measure.unit()).strip();
        };
    }
}
