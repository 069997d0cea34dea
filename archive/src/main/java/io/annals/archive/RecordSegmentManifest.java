package io.annals.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.annals.registry.ArchiveObject;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// The manifest of a record segment: enough to catalogue it and its topic again from the object
/// alone. Immutable.
///
/// @param format [#FORMAT]
/// @param version [#VERSION], or the smallest whose readers understand it
/// @param producer program and version that wrote the object
/// @param id of the record segment
/// @param topic as it was when the segment was written
/// @param walSegments what the segment was made of, in order
/// @param compactedToMs see [RecordSegment]; null if nothing was taken out
/// @param partitions ordered by partition, each with at least one batch
public record RecordSegmentManifest(
        String format,
        int version,
        String producer,
        String id,
        Topic topic,
        List<String> walSegments,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long compactedToMs,
        List<Partition> partitions) {
    public static final String FORMAT = "annals-record-segment";
    public static final int VERSION = 2;

    /// What is written where nothing was taken out and no partition tells of transactions.
    static final int FIRST_VERSION = 1;

    public RecordSegmentManifest {
        walSegments = List.copyOf(walSegments);
        partitions = List.copyOf(partitions);
    }

    /// @param id Kafka's text form of the topic id
    /// @param version of the topic's metadata
    /// @param configs only what was set explicitly
    /// @param createdAtMs wall clock
    public record Topic(
            String id,
            String name,
            long version,
            int partitionCount,
            Map<String, String> configs,
            long createdAtMs) {
        public Topic {
            configs = Map.copyOf(configs);
        }

        static Topic of(TopicMetadata topic) {
            return new Topic(
                    topic.id().toString(),
                    topic.name(),
                    topic.version(),
                    topic.partitionCount(),
                    topic.configs(),
                    topic.createdAtMs());
        }
    }

    /// What is in the segment of one partition; see [PartitionRange] for the numbers.
    ///
    /// @param transactions null if there is nothing to tell of them
    public record Partition(
            int partition,
            long baseOffset,
            long endOffset,
            long recordCount,
            long batchCount,
            long sizeBytes,
            long minTimestampMs,
            long maxTimestampMs,
            long minIngestTimeMs,
            long maxIngestTimeMs,
            Part batches,
            Part index,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Part transactions) {

        public PartitionRange range() {
            return new PartitionRange(
                    partition,
                    baseOffset,
                    endOffset,
                    recordCount,
                    sizeBytes,
                    minTimestampMs,
                    maxTimestampMs,
                    minIngestTimeMs,
                    maxIngestTimeMs);
        }
    }

    /// One tar entry.
    ///
    /// @param sha256 of its bytes as tar extracts them, lower-case hex
    public record Part(String entry, long sizeBytes, String sha256) {}

    /// Reads it out of an open object.
    public static RecordSegmentManifest read(SeekableTar tar) throws IOException {
        return Manifests.read(tar, RecordSegmentManifest.class, FORMAT, VERSION);
    }

    /// The catalogue entry of the segment, stored as `object`.
    public RecordSegment segment(ArchiveObject object) {
        return new RecordSegment(
                id,
                Uuid.fromString(topic.id),
                object,
                partitions.stream().map(Partition::range).toList(),
                walSegments,
                compactedToMs == null ? 0 : compactedToMs);
    }
}
