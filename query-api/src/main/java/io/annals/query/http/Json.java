package io.annals.query.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.query.Coverage;
import io.annals.query.LogRecord;
import io.annals.query.SearchResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How answers look as JSON. Bytes that are not UTF-8 are base64, and a field of the same name with
/// `_encoding` appended says so.
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    @FunctionalInterface
    interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    static byte[] bytes(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            content.write(json);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    static void writeSearch(JsonGenerator json, SearchResult result) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("hits");
        for (SearchResult.Hit hit : result.hits()) {
            json.writeStartObject();
            writePlace(json, hit.topic(), hit.partition());
            writeRecordFields(json, hit.record());
            if (hit.score().isPresent()) {
                json.writeNumberField("score", hit.score().getAsDouble());
            } else {
                json.writeNullField("score");
            }
            writeHighlight(json, hit.highlight());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("total");
        json.writeNumberField("value", result.total().value());
        json.writeStringField("relation", result.total().exact() ? "eq" : "gte");
        json.writeEndObject();
        json.writeFieldName("coverage");
        writeCoverage(json, result.coverage());
        if (result.cursor().isPresent()) {
            json.writeStringField("cursor", result.cursor().get());
        } else {
            json.writeNullField("cursor");
        }
        json.writeEndObject();
    }

    static void writePlace(JsonGenerator json, String topic, int partition) throws IOException {
        json.writeStringField("topic", topic);
        json.writeNumberField("partition", partition);
    }

    static void writeRecordFields(JsonGenerator json, LogRecord record) throws IOException {
        json.writeNumberField("offset", record.offset());
        json.writeNumberField("timestamp", record.timestampMs());
        json.writeNumberField("ingest_time", record.ingestTimeMs());
        writeBytes(json, "key", record.key());
        writeBytes(json, "value", record.value());
        json.writeArrayFieldStart("headers");
        for (LogRecord.Header header : record.headers()) {
            json.writeStartObject();
            json.writeStringField("key", header.name());
            writeBytes(json, "value", header.value());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeBytes(JsonGenerator json, String name, byte @Nullable [] bytes)
            throws IOException {
        if (bytes == null) {
            json.writeNullField(name);
            return;
        }
        String text = text(bytes);
        if (text != null) {
            json.writeStringField(name, text);
        } else {
            json.writeBinaryField(name, bytes);
            json.writeStringField(name + "_encoding", "base64");
        }
    }

    /// Null if the bytes are not UTF-8.
    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    private static void writeHighlight(JsonGenerator json, Map<String, List<String>> highlight)
            throws IOException {
        json.writeObjectFieldStart("highlight");
        for (Map.Entry<String, List<String>> part : highlight.entrySet()) {
            json.writeArrayFieldStart(part.getKey());
            for (String fragment : part.getValue()) {
                json.writeString(fragment);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void writeCoverage(JsonGenerator json, Coverage coverage) throws IOException {
        json.writeStartObject();
        json.writeNumberField("generation", coverage.generation());
        json.writeArrayFieldStart("partitions");
        for (Coverage.Partition partition : coverage.partitions()) {
            json.writeStartObject();
            writePlace(json, partition.topic(), partition.partition());
            json.writeNumberField("from", partition.from());
            json.writeNumberField("to", partition.to());
            json.writeNumberField("high_watermark", partition.highWatermark());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("splits");
        json.writeNumberField("searched", coverage.splits().searched());
        json.writeNumberField("pruned", coverage.splits().pruned());
        json.writeNumberField("failed", coverage.splits().failed());
        json.writeEndObject();
        json.writeBooleanField("complete", coverage.complete());
        json.writeFieldName("holes");
        writeHoles(json, coverage.holes());
        json.writeNumberField("took_ms", coverage.tookMs());
        json.writeEndObject();
    }

    static void writeHoles(JsonGenerator json, List<Coverage.Hole> holes) throws IOException {
        json.writeStartArray();
        for (Coverage.Hole hole : holes) {
            json.writeStartObject();
            writePlace(json, hole.topic(), hole.partition());
            json.writeNumberField("from", hole.from());
            json.writeNumberField("to", hole.to());
            json.writeStringField("reason", hole.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
