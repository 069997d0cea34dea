package io.annals.benchmarks.results;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs to test with.
final class Runs {
    static final Measure PRODUCE =
            Measure.higher("produce", "MB/s")
                    .limitedBy("write")
                    .goal(Goal.ratio("kafka", 1.2))
                    .goal(Goal.share(0.8));

    private Runs() {}

    static RunRecord run(String startedAt, CaseRecord... cases) {
        return new RunRecord(
                "produce",
                List.of("produce", "--repetitions", "3"),
                startedAt,
                12.5,
                "0123456789abcdef",
                true,
                new Machine("a processor", 2, 24_000_000_000L, "Linux 6", "/dev/vda ext4", "a JDK"),
                List.of(0.5, 0.4, 0.3),
                List.of(2.5, 1.4, 0.3),
                List.of("opensearch is missing: no network"),
                List.of(cases));
    }

    static CaseRecord annals(Measure measure, Double... samples) {
        return new CaseRecord(measure, Map.of("annals", new Samples(List.of(samples))));
    }

    static CaseRecord beside(Measure measure, List<Double> annals, List<Double> kafka) {
        Map<String, Samples> sides = new LinkedHashMap<>();
        sides.put("annals", new Samples(annals));
        sides.put("kafka", new Samples(kafka));
        return new CaseRecord(measure, sides);
    }
}
