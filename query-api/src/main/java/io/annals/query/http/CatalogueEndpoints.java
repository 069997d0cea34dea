package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.query.TieredLog;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;

/// `GET /v1/topics` and `GET /v1/segments`: what the registry knows. Thread-safe.
final class CatalogueEndpoints {
    static final String TOPICS_ROUTE = "/v1/topics";
    static final String SEGMENTS_ROUTE = "/v1/segments";

    private final Registry registry;
    private final TieredLog log;

    CatalogueEndpoints(Registry registry, TieredLog log) {
        this.registry = registry;
        this.log = log;
    }

    Answer topics(Call call) throws Exception {
        call.allow(Set.of());
        RegistrySnapshot snapshot = registry.snapshot();
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeNumberField("generation", snapshot.generation());
                    json.writeArrayFieldStart("topics");
                    for (TopicMetadata topic : sorted(snapshot.topics())) {
                        writeTopic(json, topic, snapshot);
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                }));
    }

    private static List<TopicMetadata> sorted(Collection<TopicMetadata> topics) {
        return topics.stream().sorted(Comparator.comparing(TopicMetadata::name)).toList();
    }

    private void writeTopic(JsonGenerator json, TopicMetadata topic, RegistrySnapshot snapshot)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", topic.name());
        json.writeStringField("id", topic.id().toString());
        json.writeNumberField("created_at", topic.createdAtMs());
        json.writeObjectFieldStart("configs");
        for (Map.Entry<String, String> config : new TreeMap<>(topic.configs()).entrySet()) {
            json.writeStringField(config.getKey(), config.getValue());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("partitions");
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
            json.writeStartObject();
            json.writeNumberField("partition", partition);
            var bounds = log.bounds(id);
            if (bounds.isPresent()) {
                json.writeNumberField("log_start_offset", bounds.get().logStartOffset());
                json.writeNumberField("high_watermark", bounds.get().highWatermark());
            }
            json.writeNumberField(
                    "archived_end_offset", snapshot.archivedEndOffset(topic.id(), partition));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    Answer segments(Call call) throws Exception {
        call.allow(Set.of("topic"));
        RegistrySnapshot snapshot = registry.snapshot();
        Optional<String> name = call.text("topic");
        Collection<TopicMetadata> topics =
                name.isEmpty()
                        ? snapshot.topics()
                        : List.of(
                                snapshot.topic(name.get())
                                        .orElseThrow(() -> Refusals.unknownTopic(name.get())));
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeNumberField("generation", snapshot.generation());
                    json.writeArrayFieldStart("segments");
                    for (TopicMetadata topic : sorted(topics)) {
                        for (RecordSegment segment : snapshot.segments(topic.id())) {
                            writeSegment(json, topic.name(), segment);
                        }
                        for (IndexSplit split : snapshot.splits(topic.id())) {
                            writeSplit(json, topic.name(), split);
                        }
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                }));
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
