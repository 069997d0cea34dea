package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;

/// The figures of one side in one case, one per round, in the order they were taken. Never empty.
@JsonIgnoreProperties(ignoreUnknown = true)
public record Samples(@JsonProperty("samples") List<Double> values) {
    @JsonCreator
    public Samples {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a side without samples");
        }
    }

    /// The middle one; of an even number the mean of the two in the middle.
    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public double median() {
        double[] sorted = sorted();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public double min() {
        return sorted()[0];
    }

    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public double max() {
        return sorted()[values.size() - 1];
    }

    /// This side over `other`, round by round: what both sides of a round had to bear alike falls
    /// out. Rounds that one of them lacks are left out.
    Samples over(Samples other) {
        int rounds = Math.min(values.size(), other.values.size());
        Double[] ratios = new Double[rounds];
        Arrays.setAll(ratios, i -> values.get(i) / other.values.get(i));
        return new Samples(List.of(ratios));
    }

    /// The `q` quantile of unsorted values, `q` in [0, 1): the value at that rank, not between two.
    public static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) (sorted.length * q)];
    }

    private double[] sorted() {
        return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
}
