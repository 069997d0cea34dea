package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.RecordMapping;
import io.annals.query.QueryNode.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.LevenshteinAutomata;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.RegExp;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.jspecify.annotations.Nullable;

/// Marks the words of a query in the keys and values of its hits, with `<em>` and `</em>`. The text
/// around them is as it is in the record, not escaped for HTML. Confined to one thread.
///
/// It marks words, not matches: a word of a phrase is marked wherever the phrase's words follow
/// each other, a word of a JSON field wherever it occurs in the value. Negated clauses mark
/// nothing.
final class Highlighter {
    static final String START = "<em>";
    static final String END = "</em>";

    private static final int MAX_FRAGMENTS = 3;
    private static final int CONTEXT_CHARACTERS = 60;

    /// A fragment grows by so much at either end rather than cut a word.
    private static final int MAX_CUT = 20;

    /// Longer values are looked at up to here.
    private static final int MAX_CHARACTERS = 1 << 16;

    private static final int MAX_PLAIN_WORD = 100;

    private static final int WORK = Operations.DEFAULT_DETERMINIZE_WORK_LIMIT;

    private static final Pattern WORD =
            Pattern.compile(
                    "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
                            + "|[\\p{L}\\p{N}\\p{M}_]+");

    private final FieldQueries fields;
    private final Marks key = new Marks();
    private final Marks value = new Marks();

    Highlighter(FieldQueries fields, QueryNode query) {
        this.fields = fields;
        collect(query);
    }

    /// What is looked for in one part of a record.
    private static final class Marks {
        private final Set<String> words = new HashSet<>();
        private final List<List<String>> phrases = new ArrayList<>();
        private final List<Predicate<String>> patterns = new ArrayList<>();

        boolean isEmpty() {
            return words.isEmpty() && phrases.isEmpty() && patterns.isEmpty();
        }

        boolean matches(String word) {
            return words.contains(word) || patterns.stream().anyMatch(p -> p.test(word));
        }
    }

    /// Fragments by part (`key`, `value`); parts without a mark are left out.
    Map<String, List<String>> highlight(LogRecord record) {
        Map<String, List<String>> fragments = new LinkedHashMap<>();
        add(fragments, "key", record.key(), key);
        add(fragments, "value", record.value(), value);
        return fragments;
    }

    private void add(
            Map<String, List<String>> fragments,
            String part,
            byte @Nullable [] bytes,
            Marks marks) {
        if (bytes == null || marks.isEmpty()) {
            return;
        }
        String text =
                new String(
                        bytes, 0, Math.min(bytes.length, MAX_CHARACTERS), StandardCharsets.UTF_8);
        List<String> found = fragments(text, spans(text, marks));
        if (!found.isEmpty()) {
            fragments.put(part, found);
        }
    }

    private void collect(QueryNode node) {
        switch (node) {
            case QueryNode.And and -> and.clauses().forEach(this::collect);
            case QueryNode.Or or -> or.clauses().forEach(this::collect);
            case QueryNode.Term term -> addWords(term.field(), term.text());
            case QueryNode.Phrase phrase -> {
                if (phrase.slop() == 0) {
                    addWords(phrase.field(), phrase.text());
                } else {
                    fields.tokens(phrase.text()).forEach(w -> addWords(phrase.field(), w));
                }
            }
            case QueryNode.Prefix prefix -> {
                List<String> words = fields.tokens(prefix.prefix());
                if (!words.isEmpty()) {
                    String last = words.getLast();
                    addPattern(prefix.field(), word -> word.startsWith(last));
                }
            }
            case QueryNode.Wildcard wildcard -> {
                String pattern = wildcard.pattern().toLowerCase(Locale.ROOT);
                addAutomaton(
                        wildcard.field(),
                        () -> WildcardQuery.toAutomaton(new Term("", pattern), WORK));
            }
            case QueryNode.Fuzzy fuzzy -> {
                String word = fuzzy.text().toLowerCase(Locale.ROOT);
                addAutomaton(
                        fuzzy.field(),
                        () -> new LevenshteinAutomata(word, true).toAutomaton(fuzzy.edits()));
            }
            case QueryNode.Regexp regexp ->
                    addAutomaton(regexp.field(), () -> new RegExp(regexp.pattern()).toAutomaton());
            case QueryNode.MatchAll _, QueryNode.Range _, QueryNode.Exists _, QueryNode.Not _ -> {}
        }
    }

    private void addWords(Field field, String text) {
        List<String> words = fields.tokens(text);
        for (Marks marks : marks(field)) {
            if (words.size() == 1) {
                marks.words.add(words.getFirst());
            } else if (!words.isEmpty()) {
                marks.phrases.add(words);
            }
        }
    }

    private void addPattern(Field field, Predicate<String> pattern) {
        marks(field).forEach(marks -> marks.patterns.add(pattern));
    }

    /// A pattern too complex to mark is no reason to fail: the search itself has accepted it.
    private void addAutomaton(Field field, Supplier<Automaton> supplier) {
        try {
            CharacterRunAutomaton automaton =
                    new CharacterRunAutomaton(Operations.determinize(supplier.get(), WORK));
            addPattern(field, automaton::run);
        } catch (TooComplexToDeterminizeException | IllegalArgumentException _) {
            return;
        }
    }

    private List<Marks> marks(Field field) {
        String name = QueryCompiler.mappedName(field.name());
        if (name.equals(RecordMapping.ALL)) {
            return List.of(key, value);
        }
        if (name.equals(RecordMapping.KEY)) {
            return List.of(key);
        }
        boolean elsewhere = name.startsWith(RecordMapping.HEADERS) || NumericFields.isNumeric(name);
        return elsewhere ? List.of() : List.of(value);
    }

    /// A word of the text, characters `[start, end)`.
    private record Span(int start, int end) {}

    private List<Span> spans(String text, Marks marks) {
        List<Span> marked = new ArrayList<>();
        List<Span> spans = new ArrayList<>();
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            Span span = new Span(matcher.start(), matcher.end());
            for (String word : words(matcher.group())) {
                spans.add(span);
                words.add(word);
                if (marks.matches(word)) {
                    marked.add(span);
                }
                for (List<String> phrase : marks.phrases) {
                    int from = words.size() - phrase.size();
                    if (from >= 0 && words.subList(from, words.size()).equals(phrase)) {
                        marked.addAll(spans.subList(from, spans.size()));
                    }
                }
            }
        }
        return marked.stream().distinct().sorted(Comparator.comparingInt(Span::start)).toList();
    }

    /// Words of plain ASCII are indexed as they are, so most need no tokenizer.
    private List<String> words(String run) {
        boolean plain = run.length() < MAX_PLAIN_WORD && run.chars().allMatch(c -> c < 0x80);
        return plain ? List.of(run.toLowerCase(Locale.ROOT)) : fields.tokens(run);
    }

    private static List<String> fragments(String text, List<Span> spans) {
        List<String> fragments = new ArrayList<>();
        int i = 0;
        while (i < spans.size() && fragments.size() < MAX_FRAGMENTS) {
            int start = start(text, Math.max(0, spans.get(i).start() - CONTEXT_CHARACTERS));
            StringBuilder fragment = new StringBuilder();
            int at = start;
            int end = at;
            while (i < spans.size()
                    && spans.get(i).start() <= Math.max(end, start + 2 * CONTEXT_CHARACTERS)) {
                Span span = spans.get(i++);
                fragment.append(text, at, span.start()).append(START);
                fragment.append(text, span.start(), span.end()).append(END);
                at = span.end();
                end = Math.min(text.length(), at + CONTEXT_CHARACTERS);
                if (end - start > 8 * CONTEXT_CHARACTERS) {
                    break;
                }
            }
            fragments.add(fragment.append(text, at, end(text, end)).toString());
        }
        return fragments;
    }

    /// A position at or a little before `at` that cuts no word and no surrogate pair.
    private static int start(String text, int at) {
        int start = at;
        while (start > 0 && at - start < MAX_CUT && continuesWord(text, start)) {
            start--;
        }
        return start;
    }

    /// A position at or a little behind `at` that cuts no word and no surrogate pair.
    private static int end(String text, int at) {
        int end = at;
        while (end < text.length() && end - at < MAX_CUT && continuesWord(text, end)) {
            end++;
        }
        return end;
    }

    private static boolean continuesWord(String text, int at) {
        return at > 0
                && at < text.length()
                && (Character.isLowSurrogate(text.charAt(at))
                        || (Character.isLetterOrDigit(text.charAt(at - 1))
                                && Character.isLetterOrDigit(text.charAt(at))));
    }
}
