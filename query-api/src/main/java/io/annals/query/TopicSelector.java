package io.annals.query;

import io.annals.indexer.IndexSettings;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Finds the topics that a request names, one by one (`a,b`) or by pattern (`a*`).
final class TopicSelector {
    static final int MAX_TOPICS = 1_000;
    private static final int MAX_STARS = 4;

    private TopicSelector() {}

    /// The topics, ordered by name. A topic that is named and is not indexed is refused; one that a
    /// pattern finds is returned, see [IndexSettings].
    static List<TopicMetadata> select(RegistrySnapshot snapshot, List<String> expressions)
            throws RefusedException {
        Map<String, TopicMetadata> found = new TreeMap<>();
        for (String expression : expressions) {
            if (expression.contains("*")) {
                Pattern pattern = pattern(expression);
                snapshot.topics().stream()
                        .filter(topic -> pattern.matcher(topic.name()).matches())
                        .forEach(topic -> found.put(topic.name(), topic));
            } else {
                TopicMetadata topic = topic(snapshot, expression);
                if (!IndexSettings.isIndexed(topic)) {
                    throw new RefusedException(
                            Reason.NOT_INDEXED,
                            "topic",
                            "topic '%s' is not indexed: its setting %s is false"
                                    .formatted(expression, IndexSettings.ENABLE));
                }
                found.put(topic.name(), topic);
            }
        }
        if (found.isEmpty()) {
            throw unknown(String.join(",", expressions));
        }
        if (found.size() > MAX_TOPICS) {
            throw RefusedException.invalid(
                    "topic",
                    "the pattern selects %d topics, at most %d are allowed"
                            .formatted(found.size(), MAX_TOPICS));
        }
        return found.values().stream().sorted(Comparator.comparing(TopicMetadata::name)).toList();
    }

    static TopicMetadata topic(RegistrySnapshot snapshot, String name) throws RefusedException {
        return snapshot.topic(name).orElseThrow(() -> unknown(name));
    }

    private static RefusedException unknown(String expression) {
        return new RefusedException(
                Reason.UNKNOWN_TOPIC, "topic", "there is no topic '%s'".formatted(expression));
    }

    private static Pattern pattern(String expression) throws RefusedException {
        if (expression.chars().filter(c -> c == '*').count() > MAX_STARS) {
            throw RefusedException.invalid(
                    "topic", "a topic pattern may have at most %d '*'".formatted(MAX_STARS));
        }
        return Pattern.compile(
                Arrays.stream(expression.split("\\*", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")));
    }
}
