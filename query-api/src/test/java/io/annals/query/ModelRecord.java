package io.annals.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A record as the search model test sees it, with the words of its parts.
///
/// @param json fields of a JSON value, empty if the value is plain text
record ModelRecord(
        String topic,
        int partition,
        long offset,
        long timestampMs,
        long ingestTimeMs,
        @Nullable String key,
        @Nullable String value,
        Map<String, String> json,
        Map<String, String> headers) {

    static List<String> words(@Nullable String text) {
        List<String> words = new ArrayList<>();
        if (text != null) {
            for (String word : text.toLowerCase(Locale.ROOT).split("[^a-z0-9_]+")) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
        }
        return words;
    }

    /// Texts that a bare word is looked for in; a phrase lies within one of them.
    List<List<String>> leaves() {
        List<List<String>> leaves = new ArrayList<>();
        leaves.add(words(key));
        headers.values().forEach(text -> leaves.add(words(text)));
        if (json.isEmpty()) {
            leaves.add(words(value));
        } else {
            json.values().forEach(text -> leaves.add(words(text)));
        }
        return leaves;
    }

    boolean hasWord(String word) {
        return leaves().stream().anyMatch(leaf -> leaf.contains(word));
    }

    SortKey sortKey() {
        return new SortKey(0, timestampMs, topic, partition, offset);
    }
}
