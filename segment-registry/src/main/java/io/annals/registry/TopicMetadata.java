package io.annals.registry;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/// A topic: durable, versioned, and independent of the local disk.
///
/// @param version 1 at creation, one more with every change; the newest wins on rebuild
/// @param configs only what was set explicitly, Kafka's names
/// @param logStartOffsets per partition, raised by DeleteRecords; its size is the number of
///   partitions
/// @param createdAtMs wall clock
/// @param deleted a tombstone: the name is free again, its segments are rubbish
public record TopicMetadata(
        Uuid id,
        String name,
        long version,
        Map<String, String> configs,
        List<Long> logStartOffsets,
        long createdAtMs,
        boolean deleted) {

    public TopicMetadata {
        configs = Map.copyOf(configs);
        logStartOffsets = List.copyOf(logStartOffsets);
    }

    public int partitionCount() {
        return logStartOffsets.size();
    }
}
