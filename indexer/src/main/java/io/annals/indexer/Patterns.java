package io.annals.indexer;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.LevenshteinAutomata;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.RegExp;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.jspecify.annotations.Nullable;

/// Queries for terms that fit a pattern: the pattern's automaton, then a separator, then the
/// automaton of the paths. Words are matched in any case, keywords as they are. Immutable.
final class Patterns {
    /// Copies that the repeats of a regular expression may make of its parts.
    private static final int MAX_REGEXP_COPIES = 10_000;

    /// A word's end: part of a leaf, or all of it.
    private static final Automaton WORD_END = Automata.makeCharRange(TermCode.PART, TermCode.WHOLE);

    private static final Automaton KEYWORD_END = Automata.makeChar(TermCode.PART);

    /// Any text without separators.
    private static final Automaton VALUE =
            Operations.repeat(Automata.makeCharRange(TermCode.WHOLE + 1, Character.MAX_CODE_POINT));

    private final QueryBounds bounds;

    Patterns(QueryBounds bounds) {
        this.bounds = bounds;
    }

    Query prefix(Target target, String text) {
        check(text);
        Automaton any = Automata.makeAnyString();
        return wordsOrKeywords(
                target,
                text + "*",
                () -> concatenate(Automata.makeString(lower(text)), any),
                () -> concatenate(Automata.makeString(text), any));
    }

    Query wildcard(Target target, String pattern) {
        check(pattern);
        return wordsOrKeywords(
                target, pattern, () -> wildcard(lower(pattern)), () -> wildcard(pattern));
    }

    Query regexp(Target target, String pattern) {
        check(pattern);
        return wordsOrKeywords(
                target, "/" + pattern + "/", () -> regexp(lower(pattern)), () -> regexp(pattern));
    }

    Query fuzzy(Target target, String word, int maxEdits) {
        check(word);
        if (maxEdits < 0 || maxEdits > LevenshteinAutomata.MAXIMUM_SUPPORTED_DISTANCE) {
            throw new QueryTooComplexException(
                    "fuzzy distance " + maxEdits + " is not allowed: 0 to 2 edits are");
        }
        Automaton near = new LevenshteinAutomata(lower(word), true).toAutomaton(maxEdits);
        return new ConstantScoreQuery(
                query(target, word + "~" + maxEdits, TermCode.TEXT, () -> near, WORD_END));
    }

    /// Keywords between two bounds, by bytes.
    Query keywordRange(
            Target target,
            @Nullable BytesRef lower,
            boolean includeLower,
            @Nullable BytesRef upper,
            boolean includeUpper) {
        String label =
                "[%s TO %s]"
                        .formatted(
                                lower == null ? "*" : lower.utf8ToString(),
                                upper == null ? "*" : upper.utf8ToString());
        Automaton interval = Automata.makeBinaryInterval(lower, includeLower, upper, includeUpper);
        Automaton value = Operations.repeat(Automata.makeCharRange(TermCode.WHOLE + 1, 0xff));
        Automaton in = Operations.intersection(interval, value);
        return new ConstantScoreQuery(
                new BooleanQuery.Builder()
                        .add(
                                binary(target, label, TermCode.KEYWORD, in, TermCode.PART),
                                Occur.SHOULD)
                        .add(binary(target, label, TermCode.TEXT, in, TermCode.WHOLE), Occur.SHOULD)
                        .build());
    }

    private Query binary(
            Target target, String label, String field, Automaton values, byte separator) {
        Automaton path =
                target.path() == null
                        ? Automata.makeAnyBinary()
                        : Automata.makeBinary(new BytesRef(target.path()));
        Automaton terms =
                Operations.concatenate(List.of(values, Automata.makeChar(separator), path));
        return new PatternQuery(
                new Term(field, label), determinize(label, terms), true, bounds.maxExpansions());
    }

    private Query wordsOrKeywords(
            Target target, String label, Supplier<Automaton> words, Supplier<Automaton> keywords) {
        return new ConstantScoreQuery(
                new BooleanQuery.Builder()
                        .add(query(target, label, TermCode.TEXT, words, WORD_END), Occur.SHOULD)
                        .add(
                                query(target, label, TermCode.KEYWORD, keywords, KEYWORD_END),
                                Occur.SHOULD)
                        .build());
    }

    private Query query(
            Target target,
            String label,
            String field,
            Supplier<Automaton> pattern,
            Automaton separator) {
        try {
            Automaton values = Operations.intersection(pattern.get(), VALUE);
            Automaton paths =
                    target.path() == null
                            ? target.filter().automaton(bounds.maxDeterminizeWork())
                            : Automata.makeString(new BytesRef(target.path()).utf8ToString());
            Automaton terms = Operations.concatenate(List.of(values, separator, paths));
            return new PatternQuery(
                    new Term(field, label),
                    determinize(label, terms),
                    false,
                    bounds.maxExpansions());
        } catch (IllegalArgumentException e) {
            throw new QueryTooComplexException(
                    "pattern %s cannot be read: %s".formatted(label, e.getMessage()));
        } catch (TooComplexToDeterminizeException _) {
            throw tooComplex(label);
        }
    }

    private Automaton determinize(String label, Automaton automaton) {
        try {
            return Operations.determinize(
                    Operations.removeDeadStates(automaton), bounds.maxDeterminizeWork());
        } catch (TooComplexToDeterminizeException _) {
            throw tooComplex(label);
        }
    }

    private static QueryTooComplexException tooComplex(String label) {
        return new QueryTooComplexException(
                "pattern %s is too complex; shorten it, or use fewer * and repeats"
                        .formatted(label));
    }

    private void check(String pattern) {
        if (pattern.length() > bounds.maxPatternLength()) {
            throw new QueryTooComplexException(
                    "pattern has %d characters, allowed are %d"
                            .formatted(pattern.length(), bounds.maxPatternLength()));
        }
    }

    private static Automaton wildcard(String pattern) {
        return WildcardQuery.toAutomaton(new Term("", pattern), Integer.MAX_VALUE);
    }

    private static Automaton regexp(String pattern) {
        RegExp parsed = new RegExp(pattern);
        if (copies(parsed) > MAX_REGEXP_COPIES) {
            throw new QueryTooComplexException(
                    "regular expression repeats its parts more than %d times"
                            .formatted(MAX_REGEXP_COPIES));
        }
        return parsed.toAutomaton();
    }

    /// States, roughly, of the automaton before it is minimized.
    private static long copies(@Nullable RegExp part) {
        if (part == null) {
            return 0;
        }
        long inside = copies(part.exp1) + copies(part.exp2);
        long copies =
                switch (part.kind) {
                    case REGEXP_REPEAT_MIN -> Math.max(1, part.min) * Math.max(1, inside);
                    case REGEXP_REPEAT_MINMAX -> Math.max(1, part.max) * Math.max(1, inside);
                    case REGEXP_STRING -> part.s.length();
                    case REGEXP_INTERVAL -> 20;
                    default -> 1 + inside;
                };
        return Math.min(copies, Integer.MAX_VALUE);
    }

    private static Automaton concatenate(Automaton a, Automaton b) {
        return Operations.concatenate(List.of(a, b));
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /// Where to look: one path, or all that a filter accepts.
    @SuppressWarnings("ArrayRecordComponent")
    record Target(byte @Nullable [] path, PathFilter filter) {}
}
