package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Peer;
import java.util.Map;

/// One of what stands beside each other: a server, and the settings of the topics it is measured
/// on. Two sides may share a server.
///
/// @param topicSettings such as Kafka's `flush.messages=1`
record Side(String name, Peer peer, Map<String, String> topicSettings) {
    static final String ANNALS = "annals";
    static final String KAFKA = "kafka";

    /// Kafka with an fsync before each acknowledgement, as Annals has it.
    static final String KAFKA_FSYNC = "kafka fsync";

    void createTopic(String topic, int partitions) throws Exception {
        LoadGenerator.createTopic(peer.bootstrap(), topic, partitions, topicSettings);
    }

    void deleteTopic(String topic) throws Exception {
        LoadGenerator.deleteTopic(peer.bootstrap(), topic);
    }
}
