package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Records of the HTTP API as a table for people.
final class RecordTable {
    private static final List<String> HEAD = List.of("WHERE", "TIME", "KEY", "VALUE");

    private RecordTable() {}

    /// @param records array of objects with topic, partition, offset, timestamp, key, value
    static String of(JsonNode records) {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode one : records) {
            rows.add(row(one));
        }
        return Table.of(HEAD, rows);
    }

    private static List<String> row(JsonNode one) {
        String place = one.path("partition").asInt() + ":" + one.path("offset").asLong();
        String topic = one.path("topic").asText("");
        return List.of(
                topic.isEmpty() ? place : topic + ":" + place,
                time(one.path("timestamp")),
                text(one.path("key")),
                text(one.path("value")));
    }

    private static String time(JsonNode timestamp) {
        return timestamp.isNumber()
                ? Instant.ofEpochMilli(timestamp.asLong()).toString()
                : timestamp.asText();
    }

    /// Text as it is, bytes that are not text as the base64 the server sent, null as `-`.
    private static String text(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return "-";
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }
}
