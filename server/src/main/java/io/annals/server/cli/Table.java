package io.annals.server.cli;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Text in columns, each as wide as its widest cell, for people.
final class Table {
    private static final int MAX_CELL = 80;
    private static final String GAP = "  ";

    private final int[] widths;

    private Table(int[] widths) {
        this.widths = widths;
    }

    /// @return lines, each ended; the last column is not padded
    static String of(List<String> head, List<List<String>> rows) {
        Table table = sized(head, rows);
        return table.lines(List.of(head)) + table.lines(rows);
    }

    /// One that is printed in parts, with columns for the head and the rows of the first part.
    static Table sized(List<String> head, List<List<String>> rows) {
        int[] widths = new int[head.size()];
        Stream.concat(Stream.of(head), rows.stream())
                .forEach(row -> {
                    for (int i = 0; i < row.size(); i++) {
                        widths[i] = Math.max(widths[i], cell(row.get(i)).length());
                    }
                });
        return new Table(widths);
    }

    /// A cell that is wider than its column moves the rest of its line.
    String lines(List<List<String>> rows) {
        return rows.stream().map(this::line).collect(Collectors.joining());
    }

    private String line(List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            String cell = cell(row.get(i));
            line.append(cell);
            line.repeat(' ', Math.max(0, widths[i] - cell.length())).append(GAP);
        }
        return line.toString().stripTrailing() + "\n";
    }

    /// One line of bounded length, without control characters that a terminal would act on.
    private static String cell(String text) {
        String line =
                text.codePoints()
                        .map(c -> Character.isISOControl(c) ? ' ' : c)
                        .limit(MAX_CELL + 1L)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString();
        return line.length() <= MAX_CELL ? line : line.substring(0, MAX_CELL - 1) + "…";
    }
}
