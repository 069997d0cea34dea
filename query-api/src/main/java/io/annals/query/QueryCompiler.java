package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryTooComplexException;
import io.annals.indexer.RecordMapping;
import io.annals.query.QueryNode.Bound;
import io.annals.query.QueryNode.Field;
import java.util.List;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;

/// Turns parsed queries into Lucene queries over the one mapping. Immutable, thread-safe.
///
/// Punctuation that is no word (`-`, `=>`) says nothing about a text and is left out, unless
/// nothing else is asked for.
final class QueryCompiler {
    private final FieldQueries fields;
    private final QueryLimits limits;

    QueryCompiler(FieldQueries fields, QueryLimits limits) {
        this.fields = fields;
        this.limits = limits;
    }

    CompiledQuery compile(String text) throws RefusedException {
        return compile(QueryParser.parse(text, limits));
    }

    CompiledQuery compile(QueryNode node) throws RefusedException {
        Query query = query(node);
        if (query == null) {
            throw RefusedException.invalidQuery(
                    "there is no word to search for; quote or escape does not help, since"
                            + " punctuation is not indexed",
                    0);
        }
        return new CompiledQuery(node, query, NumericFields.constraints(node));
    }

    /// The name of a field in the mapping, for a name as people write it.
    static String mappedName(String name) {
        return switch (name) {
            case "key" -> RecordMapping.KEY;
            case "value" -> RecordMapping.VALUE;
            case "partition" -> RecordMapping.PARTITION;
            case "offset" -> RecordMapping.OFFSET;
            case "timestamp" -> RecordMapping.TIMESTAMP;
            case "ingest_time" -> RecordMapping.INGEST_TIME;
            default -> name.startsWith("headers.") ? "_" + name : name;
        };
    }

    /// Null if the node says nothing.
    private @Nullable Query query(QueryNode node) throws RefusedException {
        return switch (node) {
            case QueryNode.MatchAll _ -> MatchAllDocsQuery.INSTANCE;
            case QueryNode.And and -> all(and.clauses());
            case QueryNode.Or or -> any(or.clauses());
            case QueryNode.Not not -> none(query(not.clause()));
            case QueryNode.Term leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Phrase leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Prefix leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Wildcard leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Fuzzy leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Regexp leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Range leaf -> leaf(leaf.field(), leaf);
            case QueryNode.Exists leaf -> leaf(leaf.field(), leaf);
        };
    }

    private @Nullable Query all(List<QueryNode> nodes) throws RefusedException {
        BooleanQuery.Builder builder = new BooleanQuery.Builder();
        boolean positive = false;
        int count = 0;
        for (QueryNode node : nodes) {
            boolean negated = node instanceof QueryNode.Not;
            Query query = query(node instanceof QueryNode.Not not ? not.clause() : node);
            if (query != null) {
                builder.add(query, negated ? Occur.MUST_NOT : Occur.MUST);
                positive |= !negated;
                count++;
            }
        }
        if (count == 0) {
            return null;
        }
        if (!positive) {
            builder.add(MatchAllDocsQuery.INSTANCE, Occur.MUST);
        }
        return builder.build();
    }

    private @Nullable Query any(List<QueryNode> nodes) throws RefusedException {
        BooleanQuery.Builder builder = new BooleanQuery.Builder();
        int count = 0;
        for (QueryNode node : nodes) {
            Query query = query(node);
            if (query != null) {
                builder.add(query, Occur.SHOULD);
                count++;
            }
        }
        return count == 0 ? null : builder.build();
    }

    private static @Nullable Query none(@Nullable Query query) {
        if (query == null) {
            return null;
        }
        return new BooleanQuery.Builder()
                .add(MatchAllDocsQuery.INSTANCE, Occur.MUST)
                .add(query, Occur.MUST_NOT)
                .build();
    }

    private @Nullable Query leaf(Field field, QueryNode node) throws RefusedException {
        String name = mappedName(field.name());
        if (NumericFields.isNumeric(name)) {
            return numeric(name, field, node);
        }
        try {
            return text(name, node);
        } catch (QueryTooComplexException e) {
            throw RefusedException.invalidQuery(String.valueOf(e.getMessage()), field.position());
        }
    }

    private Query numeric(String name, Field field, QueryNode node) throws RefusedException {
        if (node instanceof QueryNode.Exists) {
            return MatchAllDocsQuery.INSTANCE;
        }
        LongRange range =
                NumericFields.range(name, node).orElseThrow(() -> notNumeric(name, field));
        return fields.longs(name, range.from(), range.to());
    }

    private static RefusedException notNumeric(String name, Field field) {
        String allowed =
                NumericFields.isTime(name)
                        ? "a time (%s) or a range of times".formatted(PointInTime.ALLOWED)
                        : "a whole number or a range of them";
        return RefusedException.invalidQuery(
                "%s takes %s".formatted(field.name(), allowed), field.position());
    }

    private @Nullable Query text(String name, QueryNode node) {
        return switch (node) {
            case QueryNode.Term term ->
                    saysNothing(name, term.text()) ? null : fields.word(name, term.text());
            case QueryNode.Phrase phrase -> phrase(name, phrase);
            case QueryNode.Prefix prefix -> prefix(name, prefix.prefix());
            case QueryNode.Wildcard wildcard -> fields.wildcard(name, wildcard.pattern());
            case QueryNode.Fuzzy fuzzy -> fields.fuzzy(name, fuzzy.text(), fuzzy.edits());
            case QueryNode.Regexp regexp -> fields.regexp(name, regexp.pattern());
            case QueryNode.Range range ->
                    fields.range(
                            name,
                            range.lower().map(Bound::text).orElse(null),
                            range.lower().map(Bound::inclusive).orElse(true),
                            range.upper().map(Bound::text).orElse(null),
                            range.upper().map(Bound::inclusive).orElse(true));
            case QueryNode.Exists _ -> fields.exists(name);
            case QueryNode.MatchAll _, QueryNode.And _, QueryNode.Or _, QueryNode.Not _ ->
                    throw new IllegalArgumentException("not a clause of one field: " + node);
        };
    }

    private @Nullable Query phrase(String name, QueryNode.Phrase phrase) {
        if (saysNothing(name, phrase.text())) {
            return null;
        }
        List<String> tokens = fields.tokens(phrase.text());
        return tokens.size() < 2
                ? fields.word(name, phrase.text())
                : fields.phrase(name, tokens, phrase.slop());
    }

    /// A prefix of several words (`10.2.*`, `http://a/*`) is a phrase whose last word may go on, or
    /// a keyword.
    private Query prefix(String name, String text) {
        List<String> tokens = fields.tokens(text);
        if (tokens.size() < 2) {
            return fields.prefix(name, text);
        }
        boolean lastIsWhole = !Character.isLetterOrDigit(text.codePointBefore(text.length()));
        Query words =
                lastIsWhole ? fields.phrase(name, tokens, 0) : fields.phrasePrefix(name, tokens);
        return new BooleanQuery.Builder()
                .add(words, Occur.SHOULD)
                .add(fields.prefix(name, text), Occur.SHOULD)
                .build();
    }

    private boolean saysNothing(String name, String text) {
        boolean fullText = name.equals(RecordMapping.ALL) || name.equals(RecordMapping.VALUE);
        return fullText && fields.tokens(text).isEmpty();
    }
}
