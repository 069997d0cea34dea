package io.annals.indexer;

import java.util.List;
import java.util.Map;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;

/// Builds Lucene queries over the one mapping; the only place that knows how fields are encoded.
///
/// `field` is always a name as in [RecordMapping]: [RecordMapping#ALL], [RecordMapping#VALUE] (all
/// of the value), [RecordMapping#KEY], `_headers.<name>`, a doc-values field, or a dotted JSON
/// path. Unknown fields match nothing. Immutable, thread-safe. Every method may throw
/// [QueryTooComplexException]; so may the query when it runs.
@SuppressWarnings("DoNotCallSuggester")
public final class FieldQueries {
    private final QueryBounds bounds;

    public FieldQueries(QueryBounds bounds) {
        this.bounds = bounds;
    }

    /// The words that `text` is cut into, as they are indexed (lower case).
    public List<String> tokens(String text) {
        throw notYet();
    }

    /// What `field:text` of the query language means: the field holds the words of `text` next to
    /// each other, or the number, date or boolean that `text` spells. Scores by relevance.
    public Query word(String field, String text) {
        throw notYet();
    }

    /// The whole leaf is `text` (case-sensitive), or the number, date or boolean that it spells.
    /// For [RecordMapping#ALL] and [RecordMapping#VALUE]: any leaf is.
    public Query exact(String field, String text) {
        throw notYet();
    }

    /// The record's key is exactly these bytes.
    public Query key(byte[] key) {
        throw notYet();
    }

    /// Words in this order with at most `slop` moves between them, all in one leaf.
    public Query phrase(String field, List<String> tokens, int slop) {
        throw notYet();
    }

    /// As [#phrase] without slop, but the last word may go on.
    public Query phrasePrefix(String field, List<String> tokens) {
        throw notYet();
    }

    /// A word (any case) or whole keyword (case-sensitive) that begins with `text`.
    public Query prefix(String field, String text) {
        throw notYet();
    }

    /// A word or whole keyword that fits `pattern`; `*` any characters, `?` one, `\` quotes.
    public Query wildcard(String field, String pattern) {
        throw notYet();
    }

    /// A word within `maxEdits` (0 to 2) of `text`.
    public Query fuzzy(String field, String text, int maxEdits) {
        throw notYet();
    }

    /// A whole word or keyword that fits Lucene's regular expression.
    public Query regexp(String field, String pattern) {
        throw notYet();
    }

    /// Between two bounds, each optional. Numbers compare as numbers, ISO-8601 dates as instants,
    /// anything else as keywords by bytes. Bounds for times may be ISO-8601 or epoch ms.
    public Query range(
            String field,
            @Nullable String lower,
            boolean includeLower,
            @Nullable String upper,
            boolean includeUpper) {
        throw notYet();
    }

    /// The record has a leaf at or below `field`.
    public Query exists(String field) {
        throw notYet();
    }

    /// A doc-values field of [RecordMapping] lies in `[from, to)`.
    public Query longs(String field, long from, long to) {
        throw notYet();
    }

    /// The record lies in one of these offset ranges; partitions that are not named do not match.
    public Query within(Map<Integer, SearchableView.OffsetRange> ranges) {
        throw notYet();
    }

    private UnsupportedOperationException notYet() {
        return new UnsupportedOperationException("under construction, " + bounds);
    }
}
