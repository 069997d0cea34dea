package io.annals.server.cli;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Text in columns, each as wide as its widest cell, for people.
final class Table {
    private static final int MAX_CELL = 80;
    private static final String GAP = "  ";

    private Table() {}

    /// @return lines, each ended; the last column is not padded
    static String of(List<String> head, List<List<String>> rows) {
        List<List<String>> all =
                Stream.concat(Stream.of(head), rows.stream())
                        .map(row -> row.stream().map(Table::cell).toList())
                        .toList();
        int[] widths = new int[head.size()];
        for (List<String> row : all) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return all.stream().map(row -> line(row, widths)).collect(Collectors.joining());
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            line.append(row.get(i));
            line.repeat(' ', widths[i] - row.get(i).length()).append(GAP);
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
