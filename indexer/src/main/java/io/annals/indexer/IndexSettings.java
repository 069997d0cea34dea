package io.annals.indexer;

import io.annals.registry.TopicMetadata;

/// The topic settings that say what is indexed. Stateless.
public final class IndexSettings {
    /// Whether records of the topic are indexed (default true). Records that were archived while it
    /// was false are not searchable.
    public static final String ENABLE = "annals.index.enable";

    private IndexSettings() {}

    public static boolean isIndexed(TopicMetadata topic) {
        return !"false".equalsIgnoreCase(topic.configs().getOrDefault(ENABLE, "true"));
    }
}
