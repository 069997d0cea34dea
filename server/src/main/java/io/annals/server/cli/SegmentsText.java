package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The listing of segments as a table with sums below it, for people.
///
/// @param nowMs ages are told from here
record SegmentsText(long nowMs) {
    private static final List<String> HEAD =
            List.of(
                    "TIER",
                    "KIND",
                    "TOPIC",
                    "PARTITION",
                    "FROM",
                    "TO",
                    "RECORDS",
                    "BYTES",
                    "AGE",
                    "OBJECT");

    String of(JsonNode answer) {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode segment : answer.path("hot").path("segments")) {
            for (JsonNode range : segment.path("ranges")) {
                rows.add(hot(segment, range));
            }
        }
        for (JsonNode segment : answer.path("segments")) {
            for (JsonNode range : segment.path("ranges")) {
                rows.add(warm(segment, range));
            }
        }
        return Table.of(HEAD, rows) + "\n" + sums(answer);
    }

    private List<String> hot(JsonNode segment, JsonNode range) {
        return List.of(
                "hot",
                segment.path("archived").asBoolean() ? "archived" : "waiting",
                range.path("topic").asText(),
                range.path("partition").asText(),
                range.path("from").asText(),
                range.path("to").asText(),
                "",
                segment.path("size_bytes").asText(),
                age(segment.path("created_at").asLong()),
                segment.path("id").asText());
    }

    private List<String> warm(JsonNode segment, JsonNode range) {
        return List.of(
                "warm",
                segment.path("kind").asText(),
                segment.path("topic").asText(),
                range.path("partition").asText(),
                range.path("from").asText(),
                range.path("to").asText(),
                range.path("records").asText(),
                segment.path("size_bytes").asText(),
                age(range.path("min_ingest_time").asLong()),
                segment.path("key").asText());
    }

    private String age(long sinceMs) {
        if (sinceMs <= 0) {
            return "";
        }
        Duration age = Duration.ofMillis(Math.max(0, nowMs - sinceMs));
        if (age.toDays() > 0) {
            return "%dd%dh".formatted(age.toDays(), age.toHoursPart());
        }
        return age.toHours() > 0
                ? "%dh%dm".formatted(age.toHours(), age.toMinutesPart())
                : "%dm%ds".formatted(age.toMinutes(), age.toSecondsPart());
    }

    private static String sums(JsonNode answer) {
        StringBuilder text = new StringBuilder();
        JsonNode hot = answer.path("hot");
        if (!hot.isMissingNode()) {
            text.append(
                    "hot: %d sealed WAL segments, %d of %d bytes used, %d of them archived%n"
                            .formatted(
                                    hot.path("segments").size(),
                                    hot.path("used_bytes").asLong(),
                                    hot.path("max_bytes").asLong(),
                                    hot.path("archived_bytes").asLong()));
        }
        for (String kind : List.of("records", "index")) {
            long count = 0;
            long bytes = 0;
            for (JsonNode segment : answer.path("segments")) {
                if (segment.path("kind").asText().equals(kind)) {
                    count++;
                    bytes += segment.path("size_bytes").asLong();
                }
            }
            text.append("warm: %d objects with %s, %d bytes%n".formatted(count, kind, bytes));
        }
        for (Map.Entry<String, JsonNode> purpose : answer.path("requests").properties()) {
            JsonNode counts = purpose.getValue();
            text.append(
                    "read for %s: %d requests, %d bytes; cache: %d hits, %d misses%n"
                            .formatted(
                                    purpose.getKey(),
                                    counts.path("requests").asLong(),
                                    counts.path("bytes").asLong(),
                                    counts.path("hits").asLong(),
                                    counts.path("misses").asLong()));
        }
        return text.toString();
    }
}
