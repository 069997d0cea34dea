package io.annals.ingest;

import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// Topics that the registry does not know and nobody writes: what queries find, shown to consumers.
/// Thread-safe; lookups do not block.
public interface VirtualTopics {
    /// How the names of all of them begin; no other topic may be called so.
    String NAME_PREFIX = "annals.query.";

    VirtualTopics NONE =
            new VirtualTopics() {
                @Override
                public Optional<TopicMetadata> topic(String name) {
                    return Optional.empty();
                }

                @Override
                public Optional<TopicMetadata> topic(Uuid id) {
                    return Optional.empty();
                }

                @Override
                public List<TopicMetadata> topics() {
                    return List.of();
                }

                @Override
                public void close(Uuid id) {}
            };

    static boolean isVirtual(String topicName) {
        return topicName.startsWith(NAME_PREFIX);
    }

    Optional<TopicMetadata> topic(String name);

    Optional<TopicMetadata> topic(Uuid id);

    List<TopicMetadata> topics();

    /// Ends the query behind a topic, and so the topic. Blocks; nothing happens if there is none.
    void close(Uuid id) throws IOException;
}
