package io.annals.benchmarks.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PerformanceTableTest {
    @Test
    void aRowHasMedianSpreadRatioShareAndWhetherEachGoalIsMet() {
        RunRecord run =
                Runs.run(
                        "2026-01-02T03:04:05Z",
                        Runs.beside(
                                Runs.PRODUCE, List.of(110.0, 130.0, 120.0), List.of(100.0, 80.0)),
                        Runs.annals(Measure.higher("write", "MB/s"), 240.0));

        assertThat(PerformanceTable.render(List.of(run)))
                .contains(
                        "| produce: produce | MB/s | 120 (110-130) | kafka 90.0 (80.0-100): **1.33** "
                                + "| 50 % of write | ≥ 1.20 × kafka<br>≥ 80 % of the limit "
                                + "| yes<br>**no** |");
    }

    @Test
    void whereLowerIsBetterTheGoalIsAMost() {
        Measure start = Measure.lower("start", "s").goal(Goal.value(1));

        assertThat(table(Runs.annals(start, 0.9))).contains("| ≤ 1.00 s | yes |");
        assertThat(table(Runs.annals(start, 1.1))).contains("| ≤ 1.00 s | **no** |");
    }

    @Test
    void aGoalWhosePeerIsMissingSaysSo() {
        assertThat(table(Runs.annals(Runs.PRODUCE, 120.0)))
                .contains("| not measured<br>not measured |");
    }

    @Test
    void theNewestRecordOfACaseCountsAndItsRunIsNamedWithWhatIsMissing() {
        CaseRecord before = Runs.annals(Measure.lower("start", "s"), 3.0);
        CaseRecord after = Runs.annals(Measure.lower("start", "s"), 2.0);

        String table =
                PerformanceTable.render(
                        List.of(
                                Runs.run("2026-01-01T00:00:00Z", before),
                                Runs.run("2026-01-02T00:00:00Z", after)));

        assertThat(table)
                .contains("| produce: start | s | 2.00 |")
                .contains("`bin/annals bench produce --repetitions 3`, 2026-01-02")
                .contains("commit 0123456789 with changes, load 0.50 before and 2.50 after")
                .contains("opensearch is missing: no network")
                .doesNotContain("2026-01-01");
    }

    @Test
    void theTableReplacesWhatStandsBetweenTheMarkers() {
        String document =
                "before\n" + PerformanceTable.BEGIN + "\nold\n" + PerformanceTable.END + "\nafter";

        String replaced = PerformanceTable.replaceIn(document, "new\n");

        assertThat(replaced)
                .isEqualTo(
                        "before\n"
                                + PerformanceTable.BEGIN
                                + "\nnew\n"
                                + PerformanceTable.END
                                + "\nafter");
        assertThat(PerformanceTable.replaceIn(replaced, "new\n")).isEqualTo(replaced);
    }

    @Test
    void aDocumentWithoutMarkersIsRefused() {
        assertThatThrownBy(() -> PerformanceTable.replaceIn("text", "new\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(PerformanceTable.BEGIN);
    }

    private static String table(CaseRecord c) {
        return PerformanceTable.render(List.of(Runs.run("2026-01-01T00:00:00Z", c)));
    }
}
