package io.annals.indexer;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.SynonymQuery;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;

/// A value in any path: becomes, per index, a query for the terms that the dictionary has for it.
/// Immutable.
final class AnywhereQuery extends Query {
    private final Kind kind;
    private final BytesRef value;
    private final PathFilter paths;
    private final int maxExpansions;

    enum Kind {
        /// `value` is a word; scored as one term, whatever paths it is in.
        WORD,
        /// `value` is a whole leaf that is a word.
        WHOLE_WORD,
        /// `value` is a whole leaf.
        KEYWORD,
        /// `value` is the code of a number.
        NUMBER,
        /// `value` is the code of an instant.
        INSTANT
    }

    AnywhereQuery(Kind kind, byte[] value, PathFilter paths, int maxExpansions) {
        this.kind = kind;
        this.value = new BytesRef(value);
        this.paths = paths;
        this.maxExpansions = maxExpansions;
    }

    @Override
    public Query rewrite(IndexSearcher searcher) throws IOException {
        return switch (kind) {
            case WORD -> {
                Set<BytesRef> terms = valueFirst(searcher, TermCode.TEXT, TermCode.PART);
                terms.addAll(valueFirst(searcher, TermCode.TEXT, TermCode.WHOLE));
                yield synonyms(terms);
            }
            case WHOLE_WORD ->
                    anyOf(TermCode.TEXT, valueFirst(searcher, TermCode.TEXT, TermCode.WHOLE));
            case KEYWORD ->
                    anyOf(TermCode.KEYWORD, valueFirst(searcher, TermCode.KEYWORD, TermCode.PART));
            case NUMBER -> anyOf(TermCode.NUMBER, pathFirst(searcher, TermCode.NUMBER_TYPE));
            case INSTANT -> anyOf(TermCode.NUMBER, pathFirst(searcher, TermCode.INSTANT_TYPE));
        };
    }

    private Set<BytesRef> valueFirst(IndexSearcher searcher, String field, byte separator)
            throws IOException {
        BytesRef prefix = TermCode.valueFirst(bytes(), separator, new byte[0]);
        Set<BytesRef> terms = TermWalk.startingWith(searcher, field, prefix, maxExpansions);
        terms.removeIf(term -> {
            byte[] path = TermWalk.pathOf(term);
            return path == null || !paths.accepts(path);
        });
        return terms;
    }

    private Set<BytesRef> pathFirst(IndexSearcher searcher, byte type) throws IOException {
        TreeSet<BytesRef> terms = new TreeSet<>();
        for (BytesRef prefix : TermWalk.numberPaths(searcher, type)) {
            byte[] path = new byte[prefix.length - 2];
            System.arraycopy(prefix.bytes, prefix.offset, path, 0, path.length);
            if (paths.accepts(path)) {
                terms.add(TermCode.pathFirst(path, type, bytes()));
            }
        }
        return terms;
    }

    private byte[] bytes() {
        return BytesRef.deepCopyOf(value).bytes;
    }

    private static Query synonyms(Set<BytesRef> terms) {
        if (terms.isEmpty()) {
            return new MatchNoDocsQuery("no such word");
        }
        if (terms.size() == 1) {
            return new TermQuery(new Term(TermCode.TEXT, terms.iterator().next()));
        }
        SynonymQuery.Builder synonyms = new SynonymQuery.Builder(TermCode.TEXT);
        for (BytesRef term : terms) {
            synonyms.addTerm(term, 1);
        }
        return synonyms.build();
    }

    private static Query anyOf(String field, Set<BytesRef> terms) {
        return terms.isEmpty()
                ? new MatchNoDocsQuery("no such term")
                : new TermInSetQuery(field, List.copyOf(terms));
    }

    @Override
    public void visit(QueryVisitor visitor) {
        visitor.visitLeaf(this);
    }

    @Override
    public String toString(String field) {
        return kind + ":" + paths + ":" + value;
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
                && other instanceof AnywhereQuery that
                && kind == that.kind
                && value.equals(that.value)
                && paths == that.paths
                && maxExpansions == that.maxExpansions;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * classHash() + kind.hashCode()) + 31 * value.hashCode() + paths.hashCode();
    }
}
