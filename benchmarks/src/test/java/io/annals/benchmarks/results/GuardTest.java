package io.annals.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GuardTest {
    private static final Measure START = Measure.lower("start", "s");

    @Test
    void aLossBeyondTheNoiseFell() {
        Guard.Line line = line(Runs.annals(START, 1.0, 1.02, 1.01), Runs.annals(START, 1.5, 1.52));

        assertThat(line.fell()).isTrue();
        assertThat(line.rose()).isFalse();
    }

    @Test
    void theSameLossWithinTheSpreadOfEitherRunIsNoise() {
        assertThat(line(Runs.annals(START, 1.0, 1.6), Runs.annals(START, 1.5, 1.52)).fell())
                .isFalse();
        assertThat(line(Runs.annals(START, 1.0, 1.02), Runs.annals(START, 1.1, 1.5, 1.9)).fell())
                .isFalse();
    }

    @Test
    void aSmallLossIsNoiseHoweverSteadyTheSamplesWere() {
        assertThat(line(Runs.annals(START, 1.0), Runs.annals(START, 1.08)).fell()).isFalse();
    }

    @Test
    void aGainBeyondTheNoiseRose() {
        assertThat(line(Runs.annals(START, 2.0), Runs.annals(START, 1.0)).rose()).isTrue();
    }

    @Test
    void besideAPeerTheRatioRoundByRoundIsComparedSoABusyMachineIsNoLoss() {
        CaseRecord quiet = Runs.beside(Runs.PRODUCE, List.of(120.0, 122.0), List.of(100.0, 101.0));
        CaseRecord busy = Runs.beside(Runs.PRODUCE, List.of(60.0, 31.0), List.of(50.0, 25.0));

        Guard.Line line = line(quiet, busy);

        assertThat(line.now().basis()).isEqualTo("ratio to kafka");
        assertThat(line.fell()).isFalse();
        assertThat(line.gain()).isBetween(0.99, 1.03);
    }

    @Test
    void withoutAPeerTheShareOfTheLimitIsCompared() {
        CaseRecord limit = Runs.annals(Measure.higher("write", "MB/s"), 400.0);
        RunRecord before =
                Runs.run("2026-01-01T00:00:00Z", Runs.annals(Runs.PRODUCE, 200.0), limit);
        RunRecord now = Runs.run("2026-01-02T00:00:00Z", Runs.annals(Runs.PRODUCE, 100.0), limit);

        Guard.Line line = Guard.compare(now, Optional.of(before)).getFirst();

        assertThat(line.now().basis()).isEqualTo("share of write");
        assertThat(line.now().samples().median()).isEqualTo(0.25);
        assertThat(line.fell()).isTrue();
    }

    @Test
    void whatTheHardwareAllowsIsNotJudged() {
        CaseRecord limit =
                new CaseRecord(
                        Measure.higher("write", "MB/s"),
                        Map.of(CaseRecord.MACHINE, new Samples(List.of(400.0))));

        assertThat(Guard.compare(Runs.run("2026-01-01T00:00:00Z", limit), Optional.empty()))
                .isEmpty();
    }

    @Test
    void aCaseThatWasNotRecordedOnTheSameBasisIsNotCompared() {
        CaseRecord alone = Runs.annals(Runs.PRODUCE, 200.0);
        CaseRecord beside = Runs.beside(Runs.PRODUCE, List.of(100.0), List.of(100.0));

        assertThat(line(alone, beside).before()).isEmpty();
        assertThat(line(Runs.annals(START, 1.0), beside).before()).isEmpty();
    }

    @Test
    void theTableSaysWhatFell() {
        String table =
                Guard.render(List.of(line(Runs.annals(START, 1.0), Runs.annals(START, 2.0))));

        assertThat(table).contains("| start | s | 2.00 | 1.00 | 10 % | **fell** (0.50) |");
    }

    private static Guard.Line line(CaseRecord before, CaseRecord now) {
        return Guard.compare(
                        Runs.run("2026-01-02T00:00:00Z", now),
                        Optional.of(Runs.run("2026-01-01T00:00:00Z", before)))
                .getFirst();
    }
}
