package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.query.PointInTime;
import io.annals.query.QueryTopic;
import io.annals.query.QueryTopics;
import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// `/v1/queries`: opens, lists and closes queries that consumers read as topics. Thread-safe.
final class QueriesEndpoints {
    static final String ROUTE = "/v1/queries";
    static final String ONE_ROUTE = "/v1/queries/{id}";

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Set<String> FIELDS =
            Set.of("topics", "q", "from", "to", "as_of", "partition", "follow", "ttl_ms");
    private static final int CREATED = 201;

    private final QueryTopics queries;

    QueriesEndpoints(QueryTopics queries) {
        this.queries = queries;
    }

    Answer open(Call call) throws Exception {
        call.allow(Set.of());
        QueryTopic opened = queries.open(wanted(call.body()));
        return new Answer(CREATED, Answer.JSON, Json.bytes(json -> write(json, opened)));
    }

    Answer list(Call call) throws Exception {
        call.allow(Set.of());
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeArrayFieldStart("queries");
                    for (QueryTopic query : queries.list()) {
                        write(json, query);
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                }));
    }

    Answer one(Call call) throws Exception {
        call.allow(Set.of());
        QueryTopic query = queries.query(call.part("id")).orElseThrow(() -> unknown(call));
        return Answer.json(Json.bytes(json -> write(json, query)));
    }

    /// Answers with what was closed.
    Answer close(Call call) throws Exception {
        call.allow(Set.of());
        QueryTopic closed = queries.close(call.part("id")).orElseThrow(() -> unknown(call));
        return Answer.json(Json.bytes(json -> write(json, closed)));
    }

    private static RefusedException unknown(Call call) {
        return new RefusedException(
                Reason.UNKNOWN_QUERY, "id", "no query '%s' is open".formatted(call.part("id")));
    }

    private static QueryTopics.Wanted wanted(byte[] body) throws RefusedException, IOException {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw RefusedException.invalid("", "the body is not JSON: " + e.getOriginalMessage());
        }
        if (json == null || !json.isObject()) {
            throw RefusedException.invalid("", "the body must be a JSON object");
        }
        for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!FIELDS.contains(name)) {
                throw RefusedException.invalid(
                        name,
                        "there is no field '%s', allowed are %s"
                                .formatted(
                                        name,
                                        String.join(", ", FIELDS.stream().sorted().toList())));
            }
        }
        return new QueryTopics.Wanted(
                topics(json),
                text(json, "q").orElse(""),
                time(json, "from"),
                time(json, "to"),
                time(json, "as_of"),
                partitions(json),
                follow(json),
                number(json, "ttl_ms").map(Duration::ofMillis));
    }

    /// One text, in which commas part several, or an array.
    private static List<String> topics(JsonNode json) throws RefusedException {
        JsonNode topics = json.path("topics");
        List<String> names = new ArrayList<>();
        if (topics.isTextual()) {
            names.addAll(List.of(topics.asText().split(",", -1)));
        } else if (topics.isArray()) {
            for (JsonNode topic : topics) {
                if (!topic.isTextual()) {
                    throw wrong("topics", topic, "a topic or a pattern as text");
                }
                names.add(topic.asText());
            }
        }
        if (names.isEmpty()) {
            throw wrong("topics", topics, "a topic, a pattern, or an array of them");
        }
        return names;
    }

    /// One number or an array.
    private static Set<Integer> partitions(JsonNode json) throws RefusedException {
        Set<Integer> partitions = new HashSet<>();
        JsonNode value = json.path("partition");
        if (value.isMissingNode() || value.isNull()) {
            return partitions;
        }
        for (JsonNode one : value.isArray() ? value : List.of(value)) {
            if (!one.isInt() || one.asInt() < 0) {
                throw wrong("partition", one, "a whole number from 0 on, or an array of them");
            }
            partitions.add(one.asInt());
        }
        return partitions;
    }

    private static boolean follow(JsonNode json) throws RefusedException {
        JsonNode value = json.path("follow");
        if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
            throw wrong("follow", value, "true or false");
        }
        return value.asBoolean(false);
    }

    private static Optional<String> text(JsonNode json, String name) throws RefusedException {
        JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw wrong(name, value, "text");
        }
        return Optional.of(value.asText());
    }

    private static Optional<Long> number(JsonNode json, String name) throws RefusedException {
        JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(name, value, "a whole number");
        }
        return Optional.of(value.asLong());
    }

    private static OptionalLong time(JsonNode json, String name) throws RefusedException {
        JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(
                PointInTime.parse(value.asText())
                        .orElseThrow(() -> wrong(name, value, PointInTime.ALLOWED))
                        .fromMs());
    }

    private static RefusedException wrong(String name, JsonNode value, String allowed) {
        return RefusedException.invalid(
                name, "%s is not allowed; allowed is %s".formatted(value, allowed));
    }

    private static void write(JsonGenerator json, QueryTopic query) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", query.id());
        json.writeStringField("topic", query.name());
        json.writeStringField("topic_id", query.topicId().toString());
        json.writeStringField("q", query.query());
        writeTime(json, "from", query.fromMs());
        writeTime(json, "to", query.toMs());
        writeTime(json, "as_of", query.asOfMs());
        json.writeBooleanField("follow", query.follow());
        json.writeNumberField("ttl_ms", query.idleTtl().toMillis());
        json.writeNumberField("created_at", query.createdAtMs());
        json.writeArrayFieldStart("partitions");
        for (int i = 0; i < query.sources().size(); i++) {
            QueryTopic.Source source = query.sources().get(i);
            json.writeStartObject();
            json.writeNumberField("partition", i);
            json.writeStringField("source_topic", source.partition().topic());
            json.writeNumberField("source_partition", source.partition().partition());
            if (!query.follow()) {
                json.writeNumberField("end_offset", source.endOffset());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeTime(JsonGenerator json, String name, OptionalLong timeMs)
            throws IOException {
        if (timeMs.isPresent()) {
            json.writeNumberField(name, timeMs.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }
}
