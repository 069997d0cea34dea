package io.annals.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// A catalogued record segment: original batches of one topic, or what a compaction kept of them.
///
/// @param id unique, also part of the object key
/// @param ranges one per partition that has batches in it, ordered by partition
/// @param walSegments what it was made of, see [WalRun]; makes archiving idempotent
/// @param compactedToMs 0 if it holds every record of its ranges; else records may be gone whose
///   key got a newer one by this ingest time: who asks for an earlier state does not find it here
public record RecordSegment(
        String id,
        Uuid topicId,
        ArchiveObject object,
        List<PartitionRange> ranges,
        List<String> walSegments,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) long compactedToMs) {

    public RecordSegment {
        ranges = List.copyOf(ranges);
        walSegments = List.copyOf(walSegments);
    }

    /// One that holds every record of its ranges.
    public RecordSegment(
            String id,
            Uuid topicId,
            ArchiveObject object,
            List<PartitionRange> ranges,
            List<String> walSegments) {
        this(id, topicId, object, ranges, walSegments, 0);
    }

    /// Whether a compaction took records out.
    @JsonIgnore
    public boolean isCompacted() {
        return compactedToMs > 0;
    }
}
