package io.annals.ingest.internal;

import org.apache.kafka.common.internals.Topic;

/// The topics that the server writes for itself, by Kafka's names where Kafka has them.
public enum InternalTopic {
    /// What groups have committed, and the groups themselves.
    CONSUMER_OFFSETS(Topic.GROUP_METADATA_TOPIC_NAME),
    /// The state of every transactional id.
    TRANSACTION_STATE(Topic.TRANSACTION_STATE_TOPIC_NAME),
    /// Settings of what is not a topic; one partition. Kafka keeps them with its metadata.
    SETTINGS("__annals_settings");

    private final String topicName;

    InternalTopic(String topicName) {
        this.topicName = topicName;
    }

    public String topicName() {
        return topicName;
    }

    /// Whether users may read this topic, but not write, grow or delete it.
    public static boolean isInternal(String topicName) {
        return Topic.isInternal(topicName) || topicName.equals(SETTINGS.topicName);
    }
}
