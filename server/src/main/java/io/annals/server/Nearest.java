package io.annals.server;

import java.util.Collection;
import java.util.Comparator;

/// The known name that takes the fewest edits to get from a mistyped one (Levenshtein distance).
final class Nearest {
    private Nearest() {}

    /// @param known not empty
    static String to(String mistyped, Collection<String> known) {
        return known.stream()
                .min(
                        Comparator.comparingInt((String name) -> edits(mistyped, name))
                                .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
