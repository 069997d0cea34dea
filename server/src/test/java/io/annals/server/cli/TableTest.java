package io.annals.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        String table =
                Table.of(List.of("A", "B"), List.of(List.of("1", "long"), List.of("1234", "x")));

        assertThat(table).isEqualTo("A     B\n1     long\n1234  x\n");
    }

    @Test
    void controlCharactersCannotReachTheTerminal() {
        String table = Table.of(List.of("A"), List.of(List.of("red \u001b[31m\nnext")));

        assertThat(table).isEqualTo("A\nred  [31m next\n");
    }

    @Test
    void longCellsAreCut() {
        String table = Table.of(List.of("A"), List.of(List.of("x".repeat(500))));

        assertThat(table.lines().skip(1)).containsExactly("x".repeat(79) + "…");
    }

    @Test
    void rowsThatFollowKeepTheColumnsAndMayBeWider() {
        Table table = Table.sized(List.of("A", "B"), List.of(List.of("12", "x")));

        assertThat(table.lines(List.of(List.of("1", "y"), List.of("12345", "z"))))
                .isEqualTo("1   y\n12345  z\n");
    }
}
