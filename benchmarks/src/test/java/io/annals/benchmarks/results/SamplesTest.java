package io.annals.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTest {
    @Test
    void theMedianOfAnOddNumberIsTheMiddleOne() {
        Samples samples = new Samples(List.of(9.0, 1.0, 4.0));

        assertThat(samples.median()).isEqualTo(4);
        assertThat(samples.min()).isEqualTo(1);
        assertThat(samples.max()).isEqualTo(9);
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle() {
        assertThat(new Samples(List.of(9.0, 1.0, 4.0, 6.0)).median()).isEqualTo(5);
    }

    @Test
    void aRatioIsTakenRoundByRoundAndLeavesOutRoundsThatOneSideLacks() {
        Samples ratio = new Samples(List.of(10.0, 40.0, 7.0)).over(new Samples(List.of(5.0, 20.0)));

        assertThat(ratio.values()).containsExactly(2.0, 2.0);
    }

    @Test
    void aQuantileIsTheValueAtItsRank() {
        double[] values = {5, 3, 1, 2, 4};

        assertThat(Samples.quantile(values, 0)).isEqualTo(1);
        assertThat(Samples.quantile(values, 0.5)).isEqualTo(3);
        assertThat(Samples.quantile(values, 0.99)).isEqualTo(5);
        assertThat(values).containsExactly(5, 3, 1, 2, 4);
    }

    @Test
    void aSideWithoutSamplesIsRefused() {
        assertThatThrownBy(() -> new Samples(List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
