package io.annals.registry;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Versions of topics that are committed, but whose objects are not known to be written (ADR 0020).
/// Not thread-safe.
final class UnwrittenTopics {
    private static final Logger LOG = LoggerFactory.getLogger(UnwrittenTopics.class);

    private final RegistryStore store;

    /// Oldest first.
    private final Deque<TopicMetadata> waiting = new ArrayDeque<>();

    UnwrittenTopics(RegistryStore store) {
        this.store = store;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /// Writes what a crash or a failing store left out of these deltas' topics.
    void writeMissing(List<Delta> deltas) throws IOException {
        deltas.forEach(delta -> waiting.addAll(delta.change().topics()));
        if (!waiting.isEmpty()) {
            Set<String> present = new HashSet<>(store.list(ObjectKeys.TOPICS));
            waiting.removeIf(
                    topic -> present.contains(ObjectKeys.topic(topic.id(), topic.version())));
            write(List.of());
        }
    }

    /// Writes these, too. The delta is what counts: what the store refuses is written later.
    void write(List<TopicMetadata> committed) {
        waiting.addAll(committed);
        while (!waiting.isEmpty()) {
            TopicMetadata topic = waiting.getFirst();
            String key = ObjectKeys.topic(topic.id(), topic.version());
            try {
                if (!store.createRetrying(key, RegistryFormat.topic(topic))) {
                    LOG.error("{} holds something else than topic {}", key, topic);
                }
            } catch (IOException e) {
                LOG.warn("cannot write {} yet: {}", key, e.toString());
                return;
            }
            waiting.removeFirst();
        }
    }
}
