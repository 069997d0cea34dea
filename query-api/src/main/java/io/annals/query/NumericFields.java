package io.annals.query;

import io.annals.indexer.RecordMapping;
import io.annals.query.QueryNode.Bound;
import io.annals.query.QueryNode.Field;
import java.util.Optional;
import java.util.Set;

/// Clauses on partition, offset, event time and ingest time: the fields that prune splits. One
/// reading of their values serves both the pruning and the query.
final class NumericFields {
    private static final Set<String> NAMES =
            Set.of(
                    RecordMapping.PARTITION,
                    RecordMapping.OFFSET,
                    RecordMapping.TIMESTAMP,
                    RecordMapping.INGEST_TIME);

    private NumericFields() {}

    /// @param name as in the mapping
    static boolean isNumeric(String name) {
        return NAMES.contains(name);
    }

    /// What the query as a whole implies for the numeric fields.
    static Constraints constraints(QueryNode node) {
        return switch (node) {
            case QueryNode.And and ->
                    and.clauses().stream()
                            .map(NumericFields::constraints)
                            .reduce(Constraints.NONE, Constraints::and);
            case QueryNode.Term term -> constraints(term.field(), term);
            case QueryNode.Range range -> constraints(range.field(), range);
            default -> Constraints.NONE;
        };
    }

    private static Constraints constraints(Field field, QueryNode node) {
        String name = QueryCompiler.mappedName(field.name());
        LongRange all = LongRange.ALL;
        LongRange range = isNumeric(name) ? range(name, node).orElse(all) : all;
        return switch (name) {
            case RecordMapping.PARTITION -> new Constraints(range, all, all, all);
            case RecordMapping.OFFSET -> new Constraints(all, range, all, all);
            case RecordMapping.TIMESTAMP -> new Constraints(all, all, range, all);
            case RecordMapping.INGEST_TIME -> new Constraints(all, all, all, range);
            default -> Constraints.NONE;
        };
    }

    /// The numbers that a clause on a numeric field allows, empty if it does not fit such a field.
    static Optional<LongRange> range(String name, QueryNode node) {
        return switch (node) {
            case QueryNode.Term term -> number(name, term.text());
            case QueryNode.Phrase phrase -> number(name, phrase.text());
            case QueryNode.Range range -> {
                Optional<Long> from =
                        range.lower().isEmpty()
                                ? Optional.of(Long.MIN_VALUE)
                                : range.lower().flatMap(bound -> from(name, bound));
                Optional<Long> to =
                        range.upper().isEmpty()
                                ? Optional.of(Long.MAX_VALUE)
                                : range.upper().flatMap(bound -> to(name, bound));
                yield from.flatMap(first -> to.map(end -> new LongRange(first, end)));
            }
            default -> Optional.empty();
        };
    }

    private static Optional<Long> from(String name, Bound bound) {
        return number(name, bound.text()).map(n -> bound.inclusive() ? n.from() : n.to());
    }

    private static Optional<Long> to(String name, Bound bound) {
        return number(name, bound.text()).map(n -> bound.inclusive() ? n.to() : n.from());
    }

    private static Optional<LongRange> number(String name, String text) {
        if (isTime(name)) {
            return PointInTime.parse(text).map(t -> new LongRange(t.fromMs(), t.toMs()));
        }
        try {
            return Optional.of(LongRange.of(Long.parseLong(text)));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    static boolean isTime(String name) {
        return name.equals(RecordMapping.TIMESTAMP) || name.equals(RecordMapping.INGEST_TIME);
    }
}
