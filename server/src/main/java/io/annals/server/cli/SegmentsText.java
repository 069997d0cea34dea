package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The listing of segments as a table with sums below it, for people. Its columns are as wide as
/// the first page needs them. Confined to one thread.
final class SegmentsText implements SegmentsOutput {
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

    private final PrintStream out;
    private final long nowMs;
    private final Map<String, Sum> sums = new LinkedHashMap<>();
    private @Nullable Table table;
    private long sealed;

    private record Sum(long count, long bytes) {
        Sum plus(Sum other) {
            return new Sum(count + other.count, bytes + other.bytes);
        }
    }

    /// @param nowMs ages are told from here
    SegmentsText(PrintStream out, long nowMs) {
        this.out = out;
        this.nowMs = nowMs;
        sums.put("records", new Sum(0, 0));
        sums.put("index", new Sum(0, 0));
    }

    @Override
    public boolean print(JsonNode page, boolean isLast) {
        List<List<String>> rows = rows(page);
        if (table == null) {
            table = Table.sized(HEAD, rows);
            out.print(table.lines(List.of(HEAD)));
        }
        out.print(table.lines(rows));
        if (isLast) {
            out.print("\n" + sums(page));
        }
        return !out.checkError();
    }

    private List<List<String>> rows(JsonNode page) {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode segment : page.path("hot").path("segments")) {
            sealed += segment.path("continued").asBoolean() ? 0 : 1;
            for (JsonNode range : segment.path("ranges")) {
                rows.add(hot(segment, range));
            }
        }
        for (JsonNode segment : page.path("segments")) {
            if (!segment.path("continued").asBoolean()) {
                Sum one = new Sum(1, segment.path("size_bytes").asLong());
                sums.merge(segment.path("kind").asText(), one, Sum::plus);
            }
            for (JsonNode range : segment.path("ranges")) {
                rows.add(warm(segment, range));
            }
        }
        return rows;
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

    private String sums(JsonNode last) {
        StringBuilder text = new StringBuilder();
        JsonNode hot = last.path("hot");
        if (!hot.isMissingNode()) {
            text.append(
                    "hot: %d sealed WAL segments, %d of %d bytes used, %d of them archived%n"
                            .formatted(
                                    sealed,
                                    hot.path("used_bytes").asLong(),
                                    hot.path("max_bytes").asLong(),
                                    hot.path("archived_bytes").asLong()));
        }
        sums.forEach((kind, sum) ->
                text.append(
                        "warm: %d objects with %s, %d bytes%n"
                                .formatted(sum.count(), kind, sum.bytes())));
        for (Map.Entry<String, JsonNode> purpose : last.path("requests").properties()) {
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
