package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.annals.benchmarks.results.Measure.Better;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// One case of a run: what was measured, and the samples of each side in the order in which the
/// sides first came. The first side is the one that is judged; the others stand beside it.
@JsonIgnoreProperties(ignoreUnknown = true)
public record CaseRecord(Measure measure, Map<String, Samples> sides) {
    /// The side of a case that says what the hardware allows.
    public static final String MACHINE = "machine";

    public CaseRecord {
        sides = Collections.unmodifiableMap(new LinkedHashMap<>(sides));
        if (sides.isEmpty()) {
            throw new IllegalArgumentException("a case without sides: " + measure.name());
        }
    }

    /// The same case by a longer name; so is its limit, which belongs to the same run.
    CaseRecord prefixed(String prefix) {
        String limit = measure.limit() == null ? null : prefix + measure.limit();
        return new CaseRecord(
                new Measure(
                        prefix + measure.name(),
                        measure.unit(),
                        measure.better(),
                        limit,
                        measure.goals()),
                sides);
    }

    /// Whether it says what the hardware allows, and nothing of what runs on it.
    boolean ofTheMachine() {
        return subject().equals(MACHINE);
    }

    /// The side that is judged.
    String subject() {
        return sides.keySet().iterator().next();
    }

    Samples subjectSamples() {
        return sides.values().iterator().next();
    }

    /// Median over median, by peer; so above one is more, not better. None of a peer that has 0.
    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public Map<String, Double> ratios() {
        Map<String, Double> ratios = new LinkedHashMap<>();
        sides.forEach((side, samples) -> {
            if (!side.equals(subject()) && samples.median() != 0) {
                ratios.put(side, subjectSamples().median() / samples.median());
            }
        });
        return ratios;
    }

    /// Whether the goal is met; empty if what it is held against was not measured.
    ///
    /// @param share of what the hardware allows, if that is known
    Optional<Boolean> meets(Goal goal, Optional<Double> share) {
        Optional<Double> figure =
                switch (goal.kind()) {
                    case RATIO -> Optional.ofNullable(ratios().get(goal.to()));
                    case SHARE -> share;
                    case VALUE -> Optional.of(subjectSamples().median());
                };
        return figure.map(seen ->
                measure.better() == Better.LOWER ? seen <= goal.bound() : seen >= goal.bound());
    }
}
