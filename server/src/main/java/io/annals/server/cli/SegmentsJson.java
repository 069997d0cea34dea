package io.annals.server.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;

/// The listing of segments as one JSON document, as a page that holds all of it would be. What the
/// hot tier holds is told as of the first page, requests as of the last one. If the listing breaks
/// off, so does the document. Confined to one thread.
final class SegmentsJson implements SegmentsOutput {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final JsonGenerator json;
    private boolean isBegun;

    /// Whether the array of WAL segments is open; then, until the end, that of the archive's is.
    private boolean isHot;

    SegmentsJson(PrintStream out) throws IOException {
        this.out = out;
        this.json = JSON.writerWithDefaultPrettyPrinter().createGenerator(out);
    }

    @Override
    public boolean print(JsonNode page, boolean isLast) throws IOException {
        JsonNode warm = page.path("segments");
        if (!isBegun) {
            begin(page);
        }
        writeAll(page.path("hot").path("segments"));
        if (isHot && (isLast || !warm.isEmpty())) {
            json.writeEndArray();
            json.writeEndObject();
            json.writeArrayFieldStart("segments");
            isHot = false;
        }
        writeAll(warm);
        if (isLast) {
            end(page);
        }
        json.flush();
        return !out.checkError();
    }

    private void begin(JsonNode page) throws IOException {
        isBegun = true;
        isHot = page.has("hot");
        json.writeStartObject();
        json.writeNumberField("generation", page.path("generation").asLong());
        if (isHot) {
            json.writeObjectFieldStart("hot");
            for (Map.Entry<String, JsonNode> field : page.path("hot").properties()) {
                if (!field.getKey().equals("segments")) {
                    json.writePOJOField(field.getKey(), field.getValue());
                }
            }
        }
        json.writeArrayFieldStart("segments");
    }

    private void writeAll(JsonNode segments) throws IOException {
        for (JsonNode segment : segments) {
            json.writeTree(segment);
        }
    }

    private void end(JsonNode page) throws IOException {
        json.writeEndArray();
        if (page.has("requests")) {
            json.writePOJOField("requests", page.path("requests"));
        }
        json.writeNullField("cursor");
        json.writeEndObject();
        json.writeRaw('\n');
    }
}
