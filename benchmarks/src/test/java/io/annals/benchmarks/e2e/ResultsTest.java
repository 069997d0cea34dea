package io.annals.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.benchmarks.results.Measure;
import org.junit.jupiter.api.Test;

class ResultsTest {
    private static final Measure THROUGHPUT = Measure.higher("throughput", "MB/s");

    @Test
    void annalsIsTheSideThatIsJudgedWhoeverBegan() {
        Results results = new Results();
        results.add(THROUGHPUT, "kafka", 50);
        results.add(THROUGHPUT, "annals", 100);

        assertThat(results.cases().getFirst().sides().keySet()).containsExactly("annals", "kafka");
        assertThat(results.cases().getFirst().ratios()).containsEntry("kafka", 2.0);
    }

    @Test
    void whatIsNoFigureIsRefused() {
        assertThatThrownBy(() -> new Results().add(THROUGHPUT, "annals", 1 / 0.0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("throughput of annals");
    }
}
