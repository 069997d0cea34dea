package io.annals.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RunRecordTest {
    private static final Measure WRITE = Measure.higher("write", "MB/s");
    private static final Measure START = Measure.lower("start", "s");

    @Test
    void joinedRunsKeepTheirCasesUnderTheScenarioWithTheirLimits() {
        RunRecord joined =
                RunRecord.joined(
                        "quick",
                        List.of("--quick"),
                        List.of(
                                Runs.run(
                                        "2026-01-01T00:00:00Z",
                                        Runs.annals(Runs.PRODUCE, 100.0),
                                        Runs.annals(WRITE, 400.0)),
                                Runs.run("2026-01-02T00:00:00Z", Runs.annals(START, 1.0))));

        assertThat(joined.scenario()).isEqualTo("quick");
        assertThat(joined.cases())
                .extracting(c -> c.measure().name())
                .containsExactly("produce: produce", "produce: write", "produce: start");
        assertThat(joined.share(joined.find("produce: produce").orElseThrow())).contains(0.25);
        assertThat(joined.seconds()).isEqualTo(25);
    }

    @Test
    void ofJoinedRunsTheLaterOneReplacesACaseOfTheSameName() {
        RunRecord joined =
                RunRecord.joined(
                        "quick",
                        List.of(),
                        List.of(
                                Runs.run("2026-01-01T00:00:00Z", Runs.annals(START, 1.0)),
                                Runs.run("2026-01-02T00:00:00Z", Runs.annals(START, 2.0))));

        assertThat(joined.cases()).hasSize(1);
        assertThat(joined.cases().getFirst().subjectSamples().median()).isEqualTo(2);
    }

    @Test
    void theCasesOfAnotherRunReplaceOnlyTheirOwnNames() {
        RunRecord merged =
                Runs.run("2026-01-01T00:00:00Z", Runs.annals(START, 1.0), Runs.annals(WRITE, 400.0))
                        .replacedBy(Runs.run("2026-01-02T00:00:00Z", Runs.annals(START, 2.0)));

        assertThat(merged.find("start").orElseThrow().subjectSamples().median()).isEqualTo(2);
        assertThat(merged.find("write").orElseThrow().subjectSamples().median()).isEqualTo(400);
    }
}
