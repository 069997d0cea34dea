package io.annals.registry;

import java.util.List;
import org.apache.kafka.common.Uuid;

/// A catalogued index split: one Lucene index over one or more record segments. Derived,
/// replaceable.
///
/// @param recordSegments ids of the record segments it covers
/// @param documentCount documents in the index
public record IndexSplit(
        String id,
        Uuid topicId,
        ArchiveObject object,
        List<String> recordSegments,
        List<PartitionRange> ranges,
        long documentCount) {

    public IndexSplit {
        recordSegments = List.copyOf(recordSegments);
        ranges = List.copyOf(ranges);
    }
}
