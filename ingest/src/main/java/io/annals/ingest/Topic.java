package io.annals.ingest;

import io.annals.registry.TopicMetadata;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/// A topic as the newest generation of the registry has it, with its settings parsed.
public record Topic(TopicMetadata metadata, TopicSettings settings) {

    public Uuid id() {
        return metadata.id();
    }

    public String name() {
        return metadata.name();
    }

    public int partitionCount() {
        return metadata.partitionCount();
    }

    public boolean hasPartition(int partition) {
        return partition >= 0 && partition < partitionCount();
    }

    public TopicIdPartition partition(int partition) {
        return new TopicIdPartition(id(), new TopicPartition(name(), partition));
    }
}
