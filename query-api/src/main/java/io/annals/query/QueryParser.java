package io.annals.query;

import io.annals.query.QueryNode.Bound;
import io.annals.query.QueryNode.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Parses the query language of `docs/search.md` by recursive descent. Confined to one thread.
///
/// ```
/// query   = [ or ] end
/// or      = and { "OR" and }
/// and     = unary { [ "AND" ] unary }
/// unary   = ( "NOT" | "-" | "+" ) unary | group | field ":" value | value
/// group   = "(" or ")"
/// value   = group | phrase | range | comparison | regexp | word
/// ```
final class QueryParser {
    private static final int MAX_EDITS = 2;
    private static final List<String> OPERATORS = List.of("AND", "OR", "NOT", "&&", "||");

    /// `status>=400`: a comparison without a colon, only in front of a number or date.
    private static final Pattern COMPARISON =
            Pattern.compile("([A-Za-z_@$][\\w.@$-]*?)(>=|<=|>|<)(-?[0-9][0-9.:TZ+-]*)");

    private final QueryScanner scanner;
    private final QueryLimits limits;
    private int clauses;
    private int depth;

    private QueryParser(String query, QueryLimits limits) {
        this.scanner = new QueryScanner(query);
        this.limits = limits;
    }

    /// An empty or blank query matches everything.
    static QueryNode parse(String query, QueryLimits limits) throws RefusedException {
        if (query.length() > limits.maxLength()) {
            throw RefusedException.invalid(
                    "q",
                    "the query has %d characters, at most %d are allowed"
                            .formatted(query.length(), limits.maxLength()));
        }
        return new QueryParser(query, limits).query();
    }

    private QueryNode query() throws RefusedException {
        scanner.skipSpace();
        if (scanner.atEnd()) {
            return new QueryNode.MatchAll();
        }
        QueryNode node = or("");
        if (!scanner.atEnd()) {
            throw error("found ')' without '('; quote it or escape it as \\) to search for it");
        }
        return node;
    }

    private QueryNode or(String field) throws RefusedException {
        List<QueryNode> nodes = new ArrayList<>();
        do {
            nodes.add(and(field));
        } while (scanner.takeOperator("OR") || scanner.takeOperator("||"));
        return nodes.size() == 1 ? nodes.getFirst() : new QueryNode.Or(nodes);
    }

    private QueryNode and(String field) throws RefusedException {
        List<QueryNode> nodes = new ArrayList<>();
        do {
            nodes.add(unary(field));
            scanner.skipSpace();
        } while (scanner.takeOperator("AND") || scanner.takeOperator("&&") || !atAndEnd());
        return nodes.size() == 1 ? nodes.getFirst() : new QueryNode.And(nodes);
    }

    private boolean atAndEnd() {
        return scanner.atEnd()
                || scanner.peek(0) == ')'
                || scanner.atOperator("OR")
                || scanner.atOperator("||");
    }

    private QueryNode unary(String field) throws RefusedException {
        scanner.skipSpace();
        if (scanner.takeOperator("NOT") || takeSign('-')) {
            enter();
            QueryNode clause = unary(field);
            depth--;
            return new QueryNode.Not(clause);
        }
        if (takeSign('+')) {
            enter();
            QueryNode clause = unary(field);
            depth--;
            return clause;
        }
        int start = scanner.position();
        if (scanner.peek(0) == '(') {
            return group(field);
        }
        String name = scanner.takeField();
        if (name == null) {
            return value(new Field(field, start));
        }
        if (scanner.peek(0) == '(') {
            return group(name);
        }
        if (scanner.atTokenEnd()) {
            throw error(
                    "expected a value right after '%s:' (no space); quote the words to search for"
                                    .formatted(name)
                            + " them as text");
        }
        return value(new Field(name, start));
    }

    /// A sign in front of a clause; `-` alone and `--option` are words.
    private boolean takeSign(char sign) {
        int next = scanner.peek(1);
        boolean isSign =
                scanner.peek(0) == sign
                        && next >= 0
                        && next != '-'
                        && next != '+'
                        && next != ')'
                        && !Character.isWhitespace(next);
        return isSign && scanner.take(sign);
    }

    private QueryNode group(String field) throws RefusedException {
        int start = scanner.position();
        scanner.take('(');
        enter();
        QueryNode node = or(field);
        depth--;
        if (!scanner.take(')')) {
            throw RefusedException.invalidQuery("'(' is never closed with ')'", start);
        }
        return node;
    }

    private void enter() throws RefusedException {
        depth++;
        if (depth > limits.maxDepth()) {
            throw error(
                    "groups and negations are nested deeper than the %d levels allowed"
                            .formatted(limits.maxDepth()));
        }
    }

    private QueryNode value(Field field) throws RefusedException {
        clauses++;
        if (clauses > limits.maxClauses()) {
            throw error(
                    "the query has more than the %d clauses allowed"
                            .formatted(limits.maxClauses()));
        }
        int c = scanner.peek(0);
        if (c == '"') {
            return phrase(field);
        }
        if (c == '[' || c == '{') {
            return range(field);
        }
        if (!field.isDefault() && (c == '<' || c == '>')) {
            return comparison(field);
        }
        int start = scanner.position();
        String regexp = scanner.takeRegexp();
        if (regexp != null) {
            checkPattern(regexp, start);
            return new QueryNode.Regexp(field, regexp);
        }
        if (OPERATORS.stream().anyMatch(scanner::atOperator)) {
            throw error("expected a term, a phrase, a group or field:value before this operator");
        }
        Word word = scanner.word();
        if (word.isEmpty()) {
            throw error("expected a term, a phrase, a group or field:value");
        }
        return word(field, word);
    }

    private QueryNode phrase(Field field) throws RefusedException {
        int start = scanner.position();
        String text = scanner.quoted();
        if (text == null) {
            throw RefusedException.invalidQuery("'\"' is never closed with '\"'", start);
        }
        int slop = 0;
        if (scanner.take('~')) {
            slop = scanner.takeNumber();
            if (slop < 0 || !scanner.atTokenEnd()) {
                throw error("expected a number of 0 to 9999 after '\"~'");
            }
        }
        return new QueryNode.Phrase(field, text, slop);
    }

    private QueryNode range(Field field) throws RefusedException {
        if (field.isDefault()) {
            throw error(
                    "a range needs a field, as in status:[400 TO 499]; quote text with brackets");
        }
        boolean includeLower = scanner.take('[');
        if (!includeLower) {
            scanner.take('{');
        }
        String lower = rangeEnd();
        if (!scanner.takeOperator("TO")) {
            throw error("expected TO, as in [from TO to]");
        }
        String upper = rangeEnd();
        boolean includeUpper = scanner.take(']');
        if (!includeUpper && !scanner.take('}')) {
            throw error("expected ']' or '}' at the end of the range");
        }
        return new QueryNode.Range(field, bound(lower, includeLower), bound(upper, includeUpper));
    }

    /// One end of a range, null if it is open (`*`).
    private @Nullable String rangeEnd() throws RefusedException {
        scanner.skipSpace();
        if (scanner.peek(0) == '"') {
            String text = scanner.quoted();
            if (text == null) {
                throw error("'\"' is never closed with '\"'");
            }
            scanner.skipSpace();
            return text;
        }
        Word word = scanner.rangeEnd();
        if (word.isEmpty()) {
            throw error("expected a value or * in the range");
        }
        scanner.skipSpace();
        return word.is("*") ? null : word.text();
    }

    private static Optional<Bound> bound(@Nullable String text, boolean inclusive) {
        return Optional.ofNullable(text).map(t -> new Bound(t, inclusive));
    }

    private QueryNode comparison(Field field) throws RefusedException {
        boolean greater = scanner.peek(0) == '>';
        scanner.take(greater ? '>' : '<');
        boolean inclusive = scanner.take('=');
        String text = scanner.peek(0) == '"' ? scanner.quoted() : scanner.word().text();
        if (text == null || text.isEmpty()) {
            throw error("expected a value right after the comparison");
        }
        return comparison(field, greater, new Bound(text, inclusive));
    }

    private static QueryNode comparison(Field field, boolean greater, Bound bound) {
        return greater
                ? new QueryNode.Range(field, Optional.of(bound), Optional.empty())
                : new QueryNode.Range(field, Optional.empty(), Optional.of(bound));
    }

    private QueryNode word(Field field, Word word) throws RefusedException {
        if (word.is("*")) {
            return field.isDefault() ? new QueryNode.MatchAll() : new QueryNode.Exists(field);
        }
        if (field.isDefault() && !word.hasEscapes()) {
            Matcher comparison = COMPARISON.matcher(word.text());
            if (comparison.matches()) {
                String operator = comparison.group(2);
                return comparison(
                        new Field(comparison.group(1), word.position()),
                        operator.charAt(0) == '>',
                        new Bound(comparison.group(3), operator.length() == 2));
            }
        }
        int wildcards = word.wildcards();
        if (wildcards > 0) {
            checkPattern(word.text(), word.position());
            int last = word.length() - 1;
            return wildcards == 1 && word.isOperator(last, '*')
                    ? new QueryNode.Prefix(field, word.text(0, last))
                    : new QueryNode.Wildcard(field, word.wildcardPattern());
        }
        int tilde = word.lastOperator('~');
        if (tilde > 0 && word.text(tilde + 1, word.length()).matches("[0-9]*")) {
            return fuzzy(field, word, tilde);
        }
        return new QueryNode.Term(field, word.text());
    }

    private static QueryNode fuzzy(Field field, Word word, int tilde) throws RefusedException {
        String digits = word.text(tilde + 1, word.length());
        int edits = digits.isEmpty() ? MAX_EDITS : digits.length() > 1 ? 9 : digits.charAt(0) - '0';
        if (edits > MAX_EDITS) {
            throw RefusedException.invalidQuery(
                    "a fuzzy term allows 0 to %d edits, as in word~1".formatted(MAX_EDITS),
                    word.position() + tilde);
        }
        return new QueryNode.Fuzzy(field, word.text(0, tilde), edits);
    }

    private void checkPattern(String pattern, int position) throws RefusedException {
        if (pattern.length() > limits.maxPatternLength()) {
            throw RefusedException.invalidQuery(
                    "a wildcard or regular expression has %d characters, at most %d are allowed"
                            .formatted(pattern.length(), limits.maxPatternLength()),
                    position);
        }
    }

    private RefusedException error(String message) {
        return RefusedException.invalidQuery(message, scanner.position());
    }
}
