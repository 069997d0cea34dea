package io.annals.indexer;

import io.annals.wal.AbortedTransaction;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.SynonymQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// Builds Lucene queries over the one mapping; the only place that knows how fields are encoded.
///
/// `field` is always a name as in [RecordMapping]: [RecordMapping#ALL], [RecordMapping#VALUE] (all
/// of the value), [RecordMapping#KEY], `_headers.<name>`, a doc-values field, or a dotted JSON
/// path. Unknown fields match nothing. Immutable, thread-safe. Every method may throw
/// [QueryTooComplexException]; so may the query when it runs.
public final class FieldQueries {
    /// Terms that the last word of a phrase may go on to.
    private static final int MAX_PHRASE_EXPANSIONS = 10_000;

    private final QueryBounds bounds;
    private final Patterns patterns;

    public FieldQueries(QueryBounds bounds) {
        this.bounds = bounds;
        this.patterns = new Patterns(bounds);
    }

    /// The words that `text` is cut into, as they are indexed (lower case).
    public List<String> tokens(String text) {
        byte[] utf8 = TermCode.utf8(text);
        Words words = new Words();
        words.reset(utf8, 0, utf8.length, false);
        List<String> tokens = new ArrayList<>();
        while (words.next()) {
            tokens.add(new String(words.bytes(), 0, words.length(), StandardCharsets.UTF_8));
        }
        return tokens;
    }

    /// What `field:text` of the query language means: the field holds the words of `text` next to
    /// each other, or the number, date or boolean that `text` spells. Scores by relevance.
    public Query word(String field, String text) {
        if (isLongs(field)) {
            return exact(field, text);
        }
        List<String> tokens = tokens(text);
        Query words = tokens.isEmpty() ? exact(field, text) : phrase(field, tokens, 0);
        List<Query> numbers = numbers(field, TermCode.utf8(text));
        if (numbers.isEmpty()) {
            return words;
        }
        numbers.add(words);
        return new DisjunctionMaxQuery(numbers, 0);
    }

    /// The whole leaf is `text` (case-sensitive), or the number, date or boolean that it spells.
    /// For [RecordMapping#ALL] and [RecordMapping#VALUE]: any leaf is. Text too long to be indexed
    /// as a whole is looked for as a phrase.
    public Query exact(String field, String text) {
        if (isLongs(field)) {
            Long value = LongBounds.parse(field, text);
            return value == null ? nothing(field) : longs(field, value, value + 1);
        }
        byte[] utf8 = TermCode.utf8(text);
        List<Query> any = numbers(field, utf8);
        any.add(exactText(field, text, utf8));
        return new ConstantScoreQuery(any.size() == 1 ? any.getFirst() : anyOf(any));
    }

    private Query exactText(String field, String text, byte[] utf8) {
        if (field.equals(RecordMapping.KEY)) {
            return key(utf8);
        }
        Patterns.Target target = target(field);
        byte[] path = target.path();
        if (Words.isOneWord(utf8, 0, utf8.length)) {
            return path == null
                    ? anywhere(AnywhereQuery.Kind.WHOLE_WORD, utf8, target.filter())
                    : term(TermCode.TEXT, utf8, TermCode.WHOLE, path);
        }
        if (!TermCode.isKeyword(utf8, 0, utf8.length)) {
            List<String> tokens = tokens(text);
            return tokens.isEmpty() ? nothing(field) : phrase(field, tokens, 0);
        }
        return path == null
                ? anywhere(AnywhereQuery.Kind.KEYWORD, utf8, target.filter())
                : term(TermCode.KEYWORD, utf8, TermCode.PART, path);
    }

    /// The record's key is exactly these bytes.
    public Query key(byte[] key) {
        byte[] path = TermCode.utf8(RecordMapping.KEY);
        if (Words.isOneWord(key, 0, key.length)) {
            return new ConstantScoreQuery(term(TermCode.TEXT, key, TermCode.WHOLE, path));
        }
        byte[] value =
                TermCode.isShortKey(key.length) ? key : DocumentWriter.sha256(ByteBuffer.wrap(key));
        return new ConstantScoreQuery(term(TermCode.KEYWORD, value, TermCode.PART, path));
    }

    /// Words in this order with at most `slop` moves between them, all in one leaf.
    ///
    /// @param tokens as from [#tokens], at least one
    public Query phrase(String field, List<String> tokens, int slop) {
        Patterns.Target target = target(field);
        byte[] path = target.path();
        if (tokens.size() == 1) {
            byte[] word = TermCode.utf8(tokens.getFirst());
            return path == null
                    ? anywhere(AnywhereQuery.Kind.WORD, word, target.filter())
                    : word(word, path);
        }
        if (path == null) {
            return new PhraseWalkQuery(
                    tokens, slop, false, null, target.filter(), bounds.maxExpansions());
        }
        BytesRef[] terms = new BytesRef[tokens.size()];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = TermCode.valueFirst(TermCode.utf8(tokens.get(i)), TermCode.PART, path);
        }
        return new PhraseQuery(slop, TermCode.TEXT, terms);
    }

    /// As [#phrase] without slop, but the last word may go on.
    public Query phrasePrefix(String field, List<String> tokens) {
        if (tokens.size() == 1) {
            return prefix(field, tokens.getFirst());
        }
        Patterns.Target target = target(field);
        return new PhraseWalkQuery(
                tokens,
                0,
                true,
                target.path() == null ? null : TermCode.path(field),
                target.filter(),
                Math.min(MAX_PHRASE_EXPANSIONS, bounds.maxExpansions()));
    }

    /// A word (any case) or whole keyword (case-sensitive) that begins with `text`.
    public Query prefix(String field, String text) {
        return patterns.prefix(target(field), text);
    }

    /// A word (any case) or whole keyword (case-sensitive) that fits `pattern`; `*` any characters,
    /// `?` one, `\` quotes.
    public Query wildcard(String field, String pattern) {
        return patterns.wildcard(target(field), pattern);
    }

    /// A word within `maxEdits` (0 to 2) of `text`.
    public Query fuzzy(String field, String text, int maxEdits) {
        return patterns.fuzzy(target(field), text, maxEdits);
    }

    /// A word (any case) or whole keyword (case-sensitive) that fits Lucene's regular expression.
    public Query regexp(String field, String pattern) {
        return patterns.regexp(target(field), pattern);
    }

    /// Between two bounds, each optional. If the bounds spell numbers, numbers compare as numbers;
    /// if they spell ISO-8601 dates, dates compare as instants; each also finds the other, as epoch
    /// milliseconds. Anything else compares keywords by bytes. A field must be named;
    /// [RecordMapping#VALUE] stands for values that are not JSON objects.
    public Query range(
            String field,
            @Nullable String lower,
            boolean includeLower,
            @Nullable String upper,
            boolean includeUpper) {
        if (lower == null && upper == null) {
            return exists(field);
        }
        if (isLongs(field)) {
            LongBounds.Range range =
                    LongBounds.range(field, lower, includeLower, upper, includeUpper);
            return range == null ? nothing(field) : longs(field, range.from(), range.to());
        }
        Patterns.Target target = target(field);
        byte[] path = target.path();
        if (field.equals(RecordMapping.VALUE)) {
            path = TermCode.utf8(field);
        } else if (path == null) {
            throw new QueryTooComplexException("a range needs a field");
        }
        NumberRange numbers = NumberRange.of(lower, includeLower, upper, includeUpper);
        if (numbers != null) {
            return numbers.query(path);
        }
        return patterns.keywordRange(
                new Patterns.Target(path, target.filter()),
                lower == null ? null : new BytesRef(lower),
                includeLower,
                upper == null ? null : new BytesRef(upper),
                includeUpper);
    }

    /// The record has a leaf at or below `field`; for [RecordMapping#VALUE], its value is not null.
    public Query exists(String field) {
        if (isLongs(field) || field.equals(RecordMapping.ALL)) {
            return org.apache.lucene.search.MatchAllDocsQuery.INSTANCE;
        }
        String path = TermCode.path(field);
        return new ConstantScoreQuery(
                anyOf(
                        List.of(
                                new TermQuery(new Term(TermCode.FIELDS, path)),
                                new PrefixQuery(new Term(TermCode.FIELDS, path + ".")))));
    }

    /// A doc-values field of [RecordMapping] lies in `[from, to)`.
    public Query longs(String field, long from, long to) {
        if (from >= to) {
            return nothing(field);
        }
        return NumericDocValuesField.newSlowRangeQuery(field, from, to - 1);
    }

    /// The record lies in one of these offset ranges; partitions that are not named do not match.
    public Query within(Map<Integer, SearchableView.OffsetRange> ranges) {
        return new OffsetRangesQuery(ranges);
    }

    /// Whether the index holds a record that was sent in a transaction.
    public boolean hasTransactions(IndexReader reader) {
        return reader.leaves().stream()
                .anyMatch(leaf ->
                        leaf.reader().getFieldInfos().fieldInfo(RecordMapping.PRODUCER_ID) != null);
    }

    /// The record was sent in one of these transactions, given by partition.
    public Query aborted(Map<Integer, List<AbortedTransaction>> transactions) {
        return new AbortedQuery(transactions);
    }

    private List<Query> numbers(String field, byte[] utf8) {
        Patterns.Target target = target(field);
        byte[] path = target.path();
        List<Query> found = new ArrayList<>();
        byte[] number = NumberCode.number(utf8, 0, utf8.length);
        if (number != null) {
            found.add(
                    path == null
                            ? anywhere(AnywhereQuery.Kind.NUMBER, number, target.filter())
                            : numberTerm(path, TermCode.NUMBER_TYPE, number));
        }
        Instant instant = InstantText.parse(utf8, 0, utf8.length);
        if (instant != null) {
            byte[] code = NumberCode.instant(instant);
            found.add(
                    path == null
                            ? anywhere(AnywhereQuery.Kind.INSTANT, code, target.filter())
                            : numberTerm(path, TermCode.INSTANT_TYPE, code));
        }
        return found;
    }

    private static Query numberTerm(byte[] path, byte type, byte[] code) {
        return new ConstantScoreQuery(
                new TermQuery(new Term(TermCode.NUMBER, TermCode.pathFirst(path, type, code))));
    }

    private Query anywhere(AnywhereQuery.Kind kind, byte[] value, PathFilter filter) {
        return new AnywhereQuery(kind, value, filter, bounds.maxExpansions());
    }

    private static Query word(byte[] word, byte[] path) {
        return new SynonymQuery.Builder(TermCode.TEXT)
                .addTerm(TermCode.valueFirst(word, TermCode.PART, path), 1)
                .addTerm(TermCode.valueFirst(word, TermCode.WHOLE, path), 1)
                .build();
    }

    private static Query term(String field, byte[] value, byte separator, byte[] path) {
        return new TermQuery(new Term(field, TermCode.valueFirst(value, separator, path)));
    }

    private static Query anyOf(List<Query> queries) {
        BooleanQuery.Builder any = new BooleanQuery.Builder();
        queries.forEach(query -> any.add(query, Occur.SHOULD));
        return any.build();
    }

    private static Patterns.Target target(String field) {
        if (field.equals(RecordMapping.ALL)) {
            return new Patterns.Target(null, PathFilter.ALL);
        }
        String path = TermCode.path(field);
        return path.equals(RecordMapping.VALUE)
                ? new Patterns.Target(null, PathFilter.VALUE)
                : new Patterns.Target(TermCode.utf8(path), PathFilter.ALL);
    }

    private static boolean isLongs(String field) {
        return switch (field) {
            case RecordMapping.PARTITION,
                    RecordMapping.OFFSET,
                    RecordMapping.TIMESTAMP,
                    RecordMapping.INGEST_TIME ->
                    true;
            default -> false;
        };
    }

    private static Query nothing(String field) {
        return new MatchNoDocsQuery("nothing can match in " + field);
    }
}
