package io.annals.archive;

import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.Uuid;

/// What the manifest of every index split says, so that it can be catalogued again from the object
/// alone. The indexer may write further members, which are skipped here. Immutable.
///
/// @param format [#FORMAT]
/// @param version [#VERSION]
/// @param id of the index split
/// @param topicId Kafka's text form
/// @param recordSegments ids of the record segments it covers
/// @param ranges ordered by partition
/// @param documentCount documents in the index
public record IndexSplitManifest(
        String format,
        int version,
        String id,
        String topicId,
        List<String> recordSegments,
        List<PartitionRange> ranges,
        long documentCount) {
    public static final String FORMAT = "annals-index-split";
    public static final int VERSION = 1;

    public IndexSplitManifest {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(topicId, "topicId");
        recordSegments = List.copyOf(recordSegments);
        ranges = List.copyOf(ranges);
    }

    /// Reads it out of an open object.
    public static IndexSplitManifest read(SeekableTar tar) throws IOException {
        return Manifests.read(tar, IndexSplitManifest.class, FORMAT, VERSION);
    }

    /// The catalogue entry of the split, stored as `object`.
    public IndexSplit split(ArchiveObject object) {
        return new IndexSplit(
                id, Uuid.fromString(topicId), object, recordSegments, ranges, documentCount);
    }
}
