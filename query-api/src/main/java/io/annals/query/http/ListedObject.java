package io.annals.query.http;

import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.TopicMetadata;
import java.util.List;
import java.util.OptionalLong;

/// A record segment or index split as it is listed.
///
/// @param documents of a split
/// @param madeOf field of the names
/// @param names of the WAL segments that a record segment was made of, of the record segments that
///   a split covers
record ListedObject(
        String kind,
        String id,
        String topic,
        ArchiveObject object,
        OptionalLong documents,
        List<PartitionRange> ranges,
        String madeOf,
        List<String> names) {

    static ListedObject of(TopicMetadata topic, RecordSegment segment) {
        return new ListedObject(
                "records",
                segment.id(),
                topic.name(),
                segment.object(),
                OptionalLong.empty(),
                segment.ranges(),
                "wal_segments",
                segment.walSegments());
    }

    static ListedObject of(TopicMetadata topic, IndexSplit split) {
        return new ListedObject(
                "index",
                split.id(),
                topic.name(),
                split.object(),
                OptionalLong.of(split.documentCount()),
                split.ranges(),
                "record_segments",
                split.recordSegments());
    }

    /// Ranges and names.
    int entries() {
        return ranges.size() + names.size();
    }
}
