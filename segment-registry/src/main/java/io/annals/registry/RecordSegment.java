package io.annals.registry;

import java.util.List;
import org.apache.kafka.common.Uuid;

/// A catalogued record segment: original batches of one topic. Immutable evidence.
///
/// @param id unique, also part of the object key
/// @param ranges one per partition that has batches in it, ordered by partition
/// @param walSegments ids of the WAL segments it was made of; makes archiving idempotent
public record RecordSegment(
        String id,
        Uuid topicId,
        ArchiveObject object,
        List<PartitionRange> ranges,
        List<String> walSegments) {

    public RecordSegment {
        ranges = List.copyOf(ranges);
        walSegments = List.copyOf(walSegments);
    }
}
