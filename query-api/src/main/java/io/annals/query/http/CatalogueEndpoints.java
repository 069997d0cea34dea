package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.query.RefusedException;
import io.annals.query.TieredLog;
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

/// `GET /v1/topics` and `GET /v1/segments`: what the registry and the tiers know. Thread-safe.
final class CatalogueEndpoints {
    static final String TOPICS_ROUTE = "/v1/topics";
    static final String SEGMENTS_ROUTE = "/v1/segments";

    private final Registry registry;
    private final TieredLog log;
    private final Optional<SegmentListing.Local> tiers;

    CatalogueEndpoints(Registry registry, TieredLog log, Optional<SegmentListing.Local> tiers) {
        this.registry = registry;
        this.log = log;
        this.tiers = tiers;
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
        call.allow(Set.of("topic", "limit", "cursor"));
        SegmentRequest request =
                SegmentRequest.of(
                        call.text("topic"),
                        call.small("limit", 1, SegmentRequest.MAX_LIMIT)
                                .orElse(SegmentRequest.MAX_LIMIT),
                        call.text("cursor").filter(cursor -> !cursor.isEmpty()));
        RegistrySnapshot snapshot =
                request.generation().isEmpty()
                        ? registry.snapshot()
                        : kept(request.generation().getAsLong());
        return Answer.json(SegmentListing.page(snapshot, request, tiers));
    }

    private RegistrySnapshot kept(long generation) throws RefusedException, IOException {
        return registry.snapshot(generation)
                .orElseThrow(() ->
                        RefusedException.generationGone(
                                "cursor", generation, registry.snapshot().generation()));
    }
}
