package io.annals.query;

import org.apache.kafka.common.Uuid;

/// A partition as a fetch request names it: by topic id since version 13, by topic name before.
///
/// @param topic empty if it is named by id
/// @param topicId zero if it is named by name
record FetchTarget(boolean byId, String topic, Uuid topicId, int partition) {

    boolean isSameTopic(FetchTarget other) {
        return topicId.equals(other.topicId) && topic.equals(other.topic);
    }
}
