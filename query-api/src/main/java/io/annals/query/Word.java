package io.annals.query;

import java.util.BitSet;

/// One word of a query string, with the characters that were escaped marked. Confined to one
/// thread.
final class Word {
    private final int position;
    private final StringBuilder text = new StringBuilder();
    private final BitSet escaped = new BitSet();

    Word(int position) {
        this.position = position;
    }

    void append(char c, boolean isEscaped) {
        escaped.set(text.length(), isEscaped);
        text.append(c);
    }

    /// Where it starts in the query string.
    int position() {
        return position;
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    /// The characters it stands for.
    String text() {
        return text.toString();
    }

    String text(int from, int to) {
        return text.substring(from, to);
    }

    int length() {
        return text.length();
    }

    /// Whether character `i` is `c` and means its special self.
    boolean isOperator(int i, char c) {
        return i >= 0 && i < text.length() && text.charAt(i) == c && !escaped.get(i);
    }

    int lastOperator(char c) {
        int i = text.length() - 1;
        while (i >= 0 && !isOperator(i, c)) {
            i--;
        }
        return i;
    }

    boolean hasEscapes() {
        return !escaped.isEmpty();
    }

    /// Whether it is exactly the unescaped `other`.
    boolean is(String other) {
        return !hasEscapes() && text.toString().equals(other);
    }

    /// How many unescaped `*` and `?` it has; in URLs `?` is no operator.
    int wildcards() {
        boolean url = isUrl();
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isOperator(i, '*') || (!url && isOperator(i, '?'))) {
                count++;
            }
        }
        return count;
    }

    /// The word as a wildcard pattern in which a backslash precedes what stands for itself.
    String wildcardPattern() {
        boolean url = isUrl();
        StringBuilder pattern = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean special = c == '*' || c == '?' || c == '\\';
            boolean operator = isOperator(i, '*') || (!url && isOperator(i, '?'));
            if (special && !operator) {
                pattern.append('\\');
            }
            pattern.append(c);
        }
        return pattern.toString();
    }

    private boolean isUrl() {
        return text.indexOf("://") > 0;
    }
}
