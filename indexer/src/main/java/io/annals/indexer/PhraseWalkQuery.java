package io.annals.indexer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.MultiPhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// Words in a row, all in one leaf, where the path is open or the last word may go on: becomes, per
/// index, one phrase per path that has all of the words. Immutable.
final class PhraseWalkQuery extends Query {
    private final List<String> words;
    private final int slop;
    private final boolean lastIsPrefix;
    private final @Nullable String path;
    private final PathFilter paths;
    private final int maxExpansions;

    /// @param lastIsPrefix the last word may go on
    /// @param path the only path, or null for all that `paths` accepts
    PhraseWalkQuery(
            List<String> words,
            int slop,
            boolean lastIsPrefix,
            @Nullable String path,
            PathFilter paths,
            int maxExpansions) {
        this.words = List.copyOf(words);
        this.slop = slop;
        this.lastIsPrefix = lastIsPrefix;
        this.path = path;
        this.paths = paths;
        this.maxExpansions = maxExpansions;
    }

    @Override
    public Query rewrite(IndexSearcher searcher) throws IOException {
        List<Map<String, List<Term>>> byWord = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            boolean prefix = lastIsPrefix && i == words.size() - 1;
            byWord.add(terms(searcher, words.get(i), prefix));
        }
        List<Query> phrases = new ArrayList<>();
        for (String candidate : byWord.getFirst().keySet()) {
            MultiPhraseQuery.Builder phrase = new MultiPhraseQuery.Builder().setSlop(slop);
            boolean whole = true;
            for (Map<String, List<Term>> terms : byWord) {
                List<Term> ofPath = terms.get(candidate);
                whole &= ofPath != null;
                if (ofPath != null) {
                    phrase.add(ofPath.toArray(Term[]::new));
                }
            }
            if (whole) {
                phrases.add(phrase.build());
            }
        }
        if (phrases.isEmpty()) {
            return new MatchNoDocsQuery("no path has all of the words");
        }
        return phrases.size() == 1 ? phrases.getFirst() : new DisjunctionMaxQuery(phrases, 0);
    }

    /// By path, the terms of a word that is part of a leaf.
    private Map<String, List<Term>> terms(IndexSearcher searcher, String word, boolean prefix)
            throws IOException {
        byte[] bytes = TermCode.utf8(word);
        BytesRef start =
                prefix
                        ? new BytesRef(bytes)
                        : TermCode.valueFirst(bytes, TermCode.PART, new byte[0]);
        Set<BytesRef> found = TermWalk.startingWith(searcher, TermCode.TEXT, start, maxExpansions);
        Map<String, List<Term>> byPath = new TreeMap<>();
        for (BytesRef term : found) {
            byte[] of = TermWalk.pathOf(term);
            if (of == null
                    || term.bytes[term.offset + term.length - of.length - 1] != TermCode.PART) {
                continue;
            }
            String name = new String(of, StandardCharsets.UTF_8);
            if (path == null ? paths.accepts(of) : path.equals(name)) {
                byPath.computeIfAbsent(name, _ -> new ArrayList<>())
                        .add(new Term(TermCode.TEXT, term));
            }
        }
        return byPath;
    }

    @Override
    public void visit(QueryVisitor visitor) {
        visitor.visitLeaf(this);
    }

    @Override
    public String toString(String field) {
        return "phrase:" + (path == null ? paths : path) + ":" + words + "~" + slop;
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
                && other instanceof PhraseWalkQuery that
                && words.equals(that.words)
                && slop == that.slop
                && lastIsPrefix == that.lastIsPrefix
                && java.util.Objects.equals(path, that.path)
                && paths == that.paths
                && maxExpansions == that.maxExpansions;
    }

    @Override
    public int hashCode() {
        return java.util.Objects.hash(classHash(), words, slop, lastIsPrefix, path, paths);
    }
}
