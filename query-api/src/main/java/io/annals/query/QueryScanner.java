package io.annals.query;

import org.jspecify.annotations.Nullable;

/// A cursor over a query string that knows words, quotes, escapes and field names, and no grammar.
///
/// A word ends at a space, a quote or a closing parenthesis that it did not open, so that
/// `close(fd)`, URLs and paths stay in one piece. A backslash makes any character stand for itself.
/// Confined to one thread.
final class QueryScanner {
    private static final int END = -1;

    private final String text;
    private int at;

    QueryScanner(String text) {
        this.text = text;
    }

    int position() {
        return at;
    }

    boolean atEnd() {
        return at >= text.length();
    }

    void skipSpace() {
        while (!atEnd() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    /// The character `ahead` of the cursor, -1 beyond the end.
    int peek(int ahead) {
        int i = at + ahead;
        return i < text.length() ? text.charAt(i) : END;
    }

    boolean take(char expected) {
        if (peek(0) != expected) {
            return false;
        }
        at++;
        return true;
    }

    /// Whether an operator stands here as a word of its own, such as `AND`: followed by a space, a
    /// parenthesis, a quote or the end.
    boolean atOperator(String operator) {
        int next = peek(operator.length());
        return text.startsWith(operator, at) && (endsToken(next) || next == '(' || next == '"');
    }

    boolean takeOperator(String operator) {
        boolean found = atOperator(operator);
        if (found) {
            at += operator.length();
        }
        return found;
    }

    /// Whether `c` ends a token: a space, a closing parenthesis or the end.
    private static boolean endsToken(int c) {
        return c == END || c == ')' || Character.isWhitespace(c);
    }

    boolean atTokenEnd() {
        return endsToken(peek(0));
    }

    /// A field name if one stands here in front of a colon that separates it from a value; leaves
    /// the cursor behind the colon. `a://b`, `a::b` and `12:30` are words.
    @Nullable String takeField() {
        StringBuilder name = new StringBuilder();
        int i = at;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                name.append(text.charAt(i + 1));
                i += 2;
            } else if (name.isEmpty() ? isNameStart(c) : isNamePart(c)) {
                name.append(c);
                i++;
            } else {
                break;
            }
        }
        boolean literal = text.startsWith("://", i) || text.startsWith("::", i);
        if (name.isEmpty() || literal || i >= text.length() || text.charAt(i) != ':') {
            return null;
        }
        at = i + 1;
        return name.toString();
    }

    private static boolean isNameStart(char c) {
        return Character.isLetter(c) || c == '_' || c == '@' || c == '$';
    }

    private static boolean isNamePart(char c) {
        return isNameStart(c) || Character.isDigit(c) || c == '.' || c == '-';
    }

    /// A word from here to the end of the token.
    Word word() {
        return word(false);
    }

    /// One end of a range: a word that `]` and `}` end as well.
    Word rangeEnd() {
        return word(true);
    }

    private Word word(boolean inRange) {
        Word word = new Word(at);
        int open = 0;
        while (!atEnd()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c) || c == '"' || (inRange && (c == ']' || c == '}'))) {
                break;
            }
            if (c == ')' && --open < 0) {
                break;
            }
            if (c == '(') {
                open++;
            }
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                word.append(text.charAt(at), true);
            } else {
                word.append(c, false);
            }
            at++;
        }
        return word;
    }

    /// The text between the quote at the cursor and the next one that is not escaped, or null if
    /// there is none.
    @Nullable String quoted() {
        StringBuilder content = new StringBuilder();
        for (int i = at + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                at = i + 1;
                return content.toString();
            }
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                c = text.charAt(i);
            }
            content.append(c);
        }
        return null;
    }

    /// The pattern of a regular expression if the token at the cursor is one: `/.../` as a whole,
    /// without a space or an unescaped slash inside. Paths are words: `/var/log`.
    @Nullable String takeRegexp() {
        if (peek(0) != '/') {
            return null;
        }
        StringBuilder pattern = new StringBuilder();
        for (int i = at + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '/') {
                if (pattern.isEmpty() || !endsToken(peek(i + 1 - at))) {
                    return null;
                }
                at = i + 1;
                return pattern.toString();
            }
            if (Character.isWhitespace(c)) {
                return null;
            }
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                c = text.charAt(i);
                if (c != '/') {
                    pattern.append('\\');
                }
            }
            pattern.append(c);
        }
        return null;
    }

    /// An unsigned number of at most four digits at the cursor, or -1.
    int takeNumber() {
        int value = 0;
        int digits = 0;
        while (digits < 4 && peek(0) >= '0' && peek(0) <= '9') {
            value = value * 10 + (text.charAt(at) - '0');
            at++;
            digits++;
        }
        return digits == 0 ? -1 : value;
    }
}
