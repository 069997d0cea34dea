package io.annals.ingest;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.requests.CreateTopicsRequest;

/// A topic that somebody wants.
///
/// @param partitions -1 for the server's default
/// @param replicationFactor -1 or 1: there is one broker
/// @param assignments the brokers of each partition, if the client chose them; empty otherwise
/// @param configs what is set explicitly
public record NewTopic(
        String name,
        int partitions,
        short replicationFactor,
        List<CreatableReplicaAssignment> assignments,
        Map<String, String> configs) {

    public NewTopic {
        assignments = List.copyOf(assignments);
        configs = Map.copyOf(configs);
    }

    /// With the server's defaults for everything.
    public static NewTopic named(String name) {
        return new NewTopic(
                name,
                CreateTopicsRequest.NO_NUM_PARTITIONS,
                CreateTopicsRequest.NO_REPLICATION_FACTOR,
                List.of(),
                Map.of());
    }
}
