package io.annals.query;

import io.annals.registry.RegistrySnapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/// The names of the topics that a fetch session asked for by id while they were there: as in Kafka,
/// a session goes on by the name when a topic is deleted, or made again with another id.
/// Thread-safe.
final class TopicNames {
    private final Map<Uuid, String> names = new ConcurrentHashMap<>();

    void remember(Uuid topicId, String name) {
        names.putIfAbsent(topicId, name);
    }

    /// What to tell of a topic that is not there (any more).
    Errors missing(Uuid topicId, RegistrySnapshot snapshot) {
        String name = names.get(topicId);
        if (name == null) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        return snapshot.topic(name).isPresent()
                ? Errors.INCONSISTENT_TOPIC_ID
                : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
}
