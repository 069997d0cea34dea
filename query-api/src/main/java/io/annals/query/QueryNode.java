package io.annals.query;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// A parsed query. Immutable; says what was asked, nothing about indexes.
///
/// `toString` is a compact prefix notation for tests and logs, e.g. `(and level=error (not a))`.
sealed interface QueryNode {

    /// Every record.
    record MatchAll() implements QueryNode {
        @Override
        public String toString() {
            return "*";
        }
    }

    record Term(Field field, String text) implements QueryNode {
        @Override
        public String toString() {
            return field + text;
        }
    }

    /// @param slop how many positions the words may be apart from a literal match
    record Phrase(Field field, String text, int slop) implements QueryNode {
        @Override
        public String toString() {
            return field + "\"" + text + "\"" + (slop == 0 ? "" : "~" + slop);
        }
    }

    record Prefix(Field field, String prefix) implements QueryNode {
        @Override
        public String toString() {
            return "(prefix " + field + prefix + ")";
        }
    }

    /// @param pattern `*`, `?`, and `\` before a character that stands for itself
    record Wildcard(Field field, String pattern) implements QueryNode {
        @Override
        public String toString() {
            return "(wildcard " + field + pattern + ")";
        }
    }

    /// @param edits 0 to 2 insertions, deletions, replacements or transpositions
    record Fuzzy(Field field, String text, int edits) implements QueryNode {
        @Override
        public String toString() {
            return "(fuzzy " + field + text + "~" + edits + ")";
        }
    }

    /// @param pattern Lucene's regular expression syntax, always matches whole terms
    record Regexp(Field field, String pattern) implements QueryNode {
        @Override
        public String toString() {
            return "(regexp " + field + pattern + ")";
        }
    }

    record Range(Field field, Optional<Bound> lower, Optional<Bound> upper) implements QueryNode {
        @Override
        public String toString() {
            String from = lower.map(b -> (b.inclusive() ? "[" : "{") + b.text()).orElse("[*");
            String to = upper.map(b -> b.text() + (b.inclusive() ? "]" : "}")).orElse("*]");
            return field + from + " TO " + to;
        }
    }

    record Bound(String text, boolean inclusive) {}

    /// The record has the field.
    record Exists(Field field) implements QueryNode {
        @Override
        public String toString() {
            return "(exists " + field.name() + ")";
        }
    }

    record And(List<QueryNode> clauses) implements QueryNode {
        public And {
            clauses = List.copyOf(clauses);
        }

        @Override
        public String toString() {
            return clauses.stream().map(Object::toString).collect(joining("and"));
        }
    }

    record Or(List<QueryNode> clauses) implements QueryNode {
        public Or {
            clauses = List.copyOf(clauses);
        }

        @Override
        public String toString() {
            return clauses.stream().map(Object::toString).collect(joining("or"));
        }
    }

    record Not(QueryNode clause) implements QueryNode {
        @Override
        public String toString() {
            return "(not " + clause + ")";
        }
    }

    /// The field a clause looks into, as written.
    ///
    /// @param name empty for the full text of the value
    /// @param position where the clause starts in the query string, for errors
    record Field(String name, int position) {
        boolean isDefault() {
            return name.isEmpty();
        }

        @Override
        public String toString() {
            return isDefault() ? "" : name + "=";
        }
    }

    private static java.util.stream.Collector<CharSequence, ?, String> joining(String operator) {
        return Collectors.joining(" ", "(" + operator + " ", ")");
    }
}
