package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a case measures: its name, which is unique in its scenario, its unit, which way is better,
/// and what it is held against.
///
/// @param unit such as `MB/s`; a megabyte is 10^6 bytes. Empty for a bare number
/// @param limit the name of the case of the same run that says what the hardware allows, in the
///   same unit; null where there is no such limit
@JsonIgnoreProperties(ignoreUnknown = true)
public record Measure(
        String name, String unit, Better better, @Nullable String limit, List<Goal> goals) {

    /// Which way is better.
    public enum Better {
        HIGHER,
        LOWER,
        /// Neither: the figure describes the run.
        NEITHER
    }

    public Measure {
        goals = List.copyOf(goals);
    }

    public static Measure higher(String name, String unit) {
        return new Measure(name, unit, Better.HIGHER, null, List.of());
    }

    public static Measure lower(String name, String unit) {
        return new Measure(name, unit, Better.LOWER, null, List.of());
    }

    public static Measure of(String name, String unit) {
        return new Measure(name, unit, Better.NEITHER, null, List.of());
    }

    /// With the case that says what the hardware allows.
    public Measure limitedBy(String limitName) {
        return new Measure(name, unit, better, limitName, goals);
    }

    public Measure goal(Goal goal) {
        List<Goal> more = new ArrayList<>(goals);
        more.add(goal);
        return new Measure(name, unit, better, limit, more);
    }

    /// The same measure of a case that differs in `suffix`.
    public Measure of(String suffix) {
        return new Measure(name + suffix, unit, better, limit, goals);
    }
}
