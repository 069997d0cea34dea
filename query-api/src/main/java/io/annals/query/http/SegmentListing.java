package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.archive.CachedTars;
import io.annals.archive.ReadCounts;
import io.annals.archive.ReadPurpose;
import io.annals.indexer.LocalRetention;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// What lies in which tier, as JSON: the archive's objects as one generation has them, and of a
/// running server its WAL segments and what it read from the store. No state.
public final class SegmentListing {
    private SegmentListing() {}

    /// What only a running server has.
    ///
    /// @param kept tells which WAL segments are archived
    /// @param reads of the object store since the start
    public record Local(WriteAheadLog wal, LocalRetention kept, CachedTars reads) {}

    /// @param topics whose segments are listed
    public static byte[] json(
            RegistrySnapshot snapshot, List<TopicMetadata> topics, Optional<Local> local) {
        return Json.bytes(json -> {
            json.writeStartObject();
            json.writeNumberField("generation", snapshot.generation());
            json.writeArrayFieldStart("segments");
            for (TopicMetadata topic : topics) {
                for (RecordSegment segment : snapshot.segments(topic.id())) {
                    writeSegment(json, topic.name(), segment);
                }
                for (IndexSplit split : snapshot.splits(topic.id())) {
                    writeSplit(json, topic.name(), split);
                }
            }
            json.writeEndArray();
            if (local.isPresent()) {
                writeHot(json, topics, local.get());
                writeRequests(json, local.get().reads());
            }
            json.writeEndObject();
        });
    }

    private static void writeHot(JsonGenerator json, List<TopicMetadata> topics, Local local)
            throws IOException {
        Set<Uuid> wanted = topics.stream().map(TopicMetadata::id).collect(Collectors.toSet());
        json.writeObjectFieldStart("hot");
        json.writeNumberField("used_bytes", local.wal().usage().usedBytes());
        json.writeNumberField("max_bytes", local.wal().usage().maxBytes());
        json.writeNumberField("archived_bytes", local.kept().sizeBytes());
        json.writeArrayFieldStart("segments");
        for (SealedSegment segment : local.wal().sealedSegments()) {
            json.writeStartObject();
            json.writeStringField("id", segment.id());
            json.writeBooleanField("archived", local.kept().keeps(segment));
            json.writeNumberField("size_bytes", segment.sizeBytes());
            json.writeNumberField("created_at", segment.createdAtMs());
            json.writeArrayFieldStart("ranges");
            for (Map.Entry<TopicIdPartition, SealedSegment.Contents> held :
                    segment.contents().entrySet()) {
                if (wanted.contains(held.getKey().topicId())) {
                    writeContents(json, held.getKey(), held.getValue());
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeContents(
            JsonGenerator json, TopicIdPartition partition, SealedSegment.Contents held)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("topic", partition.topic());
        json.writeNumberField("partition", partition.partition());
        json.writeNumberField("from", held.baseOffset());
        json.writeNumberField("to", held.endOffset());
        json.writeNumberField("batches", held.batchCount());
        json.writeNumberField("size_bytes", held.sizeBytes());
        json.writeNumberField("max_timestamp", held.maxTimestampMs());
        json.writeEndObject();
    }

    private static void writeRequests(JsonGenerator json, CachedTars reads) throws IOException {
        json.writeObjectFieldStart("requests");
        for (ReadPurpose purpose : ReadPurpose.values()) {
            ReadCounts counts = reads.counts(purpose);
            json.writeObjectFieldStart(purpose.name().toLowerCase(Locale.ROOT));
            json.writeNumberField("requests", counts.requests());
            json.writeNumberField("bytes", counts.bytes());
            json.writeNumberField("hits", counts.hits());
            json.writeNumberField("misses", counts.misses());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writeSegment(JsonGenerator json, String topic, RecordSegment segment)
            throws IOException {
        json.writeStartObject();
        writeObject(json, new Described("records", segment.id(), topic, segment.object()));
        writeRanges(json, segment.ranges());
        writeStrings(json, "wal_segments", segment.walSegments());
        json.writeEndObject();
    }

    private static void writeSplit(JsonGenerator json, String topic, IndexSplit split)
            throws IOException {
        json.writeStartObject();
        writeObject(json, new Described("index", split.id(), topic, split.object()));
        json.writeNumberField("documents", split.documentCount());
        writeRanges(json, split.ranges());
        writeStrings(json, "record_segments", split.recordSegments());
        json.writeEndObject();
    }

    private record Described(String kind, String id, String topic, ArchiveObject object) {}

    private static void writeObject(JsonGenerator json, Described described) throws IOException {
        json.writeStringField("kind", described.kind());
        json.writeStringField("id", described.id());
        json.writeStringField("topic", described.topic());
        json.writeStringField("key", described.object().key());
        json.writeNumberField("size_bytes", described.object().sizeBytes());
        json.writeStringField("sha256", described.object().sha256());
    }

    private static void writeRanges(JsonGenerator json, List<PartitionRange> ranges)
            throws IOException {
        json.writeArrayFieldStart("ranges");
        for (PartitionRange range : ranges) {
            json.writeStartObject();
            json.writeNumberField("partition", range.partition());
            json.writeNumberField("from", range.baseOffset());
            json.writeNumberField("to", range.endOffset());
            json.writeNumberField("records", range.recordCount());
            json.writeNumberField("size_bytes", range.sizeBytes());
            json.writeNumberField("min_timestamp", range.minTimestampMs());
            json.writeNumberField("max_timestamp", range.maxTimestampMs());
            json.writeNumberField("min_ingest_time", range.minIngestTimeMs());
            json.writeNumberField("max_ingest_time", range.maxIngestTimeMs());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeStrings(JsonGenerator json, String name, List<String> values)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (String value : values) {
            json.writeString(value);
        }
        json.writeEndArray();
    }
}
