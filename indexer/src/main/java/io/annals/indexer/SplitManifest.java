package io.annals.indexer;

import io.annals.archive.Manifests;
import io.annals.archive.SeekableTar;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// The manifest of an index split: enough to catalogue it again from the object alone. Immutable.
///
/// @param format [#FORMAT]
/// @param version [#VERSION]
/// @param producer program and version that wrote the object
/// @param id of the index split
/// @param topicId Kafka's text form
/// @param recordSegments ids of the record segments it covers
/// @param mappingVersion [RecordMapping#VERSION]
/// @param analyzerVersion [RecordMapping#ANALYZER_VERSION]
/// @param documentCount records that were indexed
/// @param ranges what it covers, ordered by partition
/// @param counts what fell outside of the mapping's limits
public record SplitManifest(
        String format,
        int version,
        String producer,
        String id,
        String topicId,
        List<String> recordSegments,
        int mappingVersion,
        int analyzerVersion,
        long documentCount,
        List<PartitionRange> ranges,
        Outside counts) {
    public static final String FORMAT = "annals-index-split";
    public static final int VERSION = 1;

    public SplitManifest {
        recordSegments = List.copyOf(recordSegments);
        ranges = List.copyOf(ranges);
    }

    /// What fell outside of the mapping's limits; see [MappingLimits].
    ///
    /// @param paths distinct JSON paths and header names
    /// @param cutValues values longer than the limit
    /// @param overflowLeaves leaves and headers without a field of their own
    /// @param unreadableBatches batches without documents
    public record Outside(
            long paths, long cutValues, long overflowLeaves, long unreadableBatches) {}

    /// @throws io.annals.archive.TooNewObjectException if a newer program wrote it
    public static SplitManifest read(SeekableTar tar) throws IOException {
        return Manifests.read(tar, SplitManifest.class, FORMAT, VERSION);
    }

    /// Its catalogue entry.
    public IndexSplit split(ArchiveObject object) {
        return new IndexSplit(
                id, Uuid.fromString(topicId), object, recordSegments, ranges, documentCount);
    }
}
