package io.annals.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The definitions of open queries on disk, a JSON file each (`docs/formats/queries.md`). A file is
/// there as a whole or not at all, and durable before [#save] returns.
final class QueryTopicFiles {
    private static final Logger logger = LoggerFactory.getLogger(QueryTopicFiles.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;
    private static final String SUFFIX = ".json";

    private final Path folder;

    QueryTopicFiles(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
    }

    /// All there are. One that cannot be understood is left alone, and told of in the log.
    List<QueryTopic> load() throws IOException {
        List<QueryTopic> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    found.add(decode(Files.readAllBytes(file)));
                } catch (JsonProcessingException | IllegalArgumentException damaged) {
                    logger.atError()
                            .setCause(damaged)
                            .log("not the definition of a query: {}", file);
                }
            }
        }
        return found;
    }

    void save(QueryTopic query) throws IOException {
        Path temporary = folder.resolve(query.id() + ".tmp");
        try (FileChannel channel =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(encode(query));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(temporary, file(query), StandardCopyOption.ATOMIC_MOVE);
        syncFolder();
    }

    void delete(QueryTopic query) throws IOException {
        Files.deleteIfExists(file(query));
        syncFolder();
    }

    private Path file(QueryTopic query) {
        return folder.resolve(query.id() + SUFFIX);
    }

    private void syncFolder() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static byte[] encode(QueryTopic query) throws IOException {
        ObjectNode json =
                JSON.createObjectNode()
                        .put("version", VERSION)
                        .put("id", query.id())
                        .put("topic_id", query.topicId().toString())
                        .put("q", query.query())
                        .put("follow", query.follow())
                        .put("ttl_ms", query.idleTtl().toMillis())
                        .put("created_at", query.createdAtMs());
        query.fromMs().ifPresent(ms -> json.put("from", ms));
        query.toMs().ifPresent(ms -> json.put("to", ms));
        query.asOfMs().ifPresent(ms -> json.put("as_of", ms));
        ArrayNode sources = json.putArray("sources");
        for (QueryTopic.Source source : query.sources()) {
            ObjectNode one =
                    sources.addObject()
                            .put("topic", source.partition().topic())
                            .put("topic_id", source.partition().topicId().toString())
                            .put("partition", source.partition().partition());
            if (!query.follow()) {
                one.put("end_offset", source.endOffset());
            }
        }
        return JSON.writeValueAsBytes(json);
    }

    /// @throws IllegalArgumentException if a value is missing or not what it should be
    private static QueryTopic decode(byte[] bytes) throws IOException {
        JsonNode json = JSON.readTree(bytes);
        if (json.required("version").asInt() != VERSION) {
            throw new IllegalArgumentException(
                    "version %s, expected %d".formatted(json.get("version"), VERSION));
        }
        boolean follow = json.required("follow").asBoolean();
        List<QueryTopic.Source> sources = new ArrayList<>();
        for (JsonNode one : json.required("sources")) {
            sources.add(
                    new QueryTopic.Source(
                            new TopicIdPartition(
                                    Uuid.fromString(one.required("topic_id").asText()),
                                    one.required("partition").asInt(),
                                    one.required("topic").asText()),
                            follow ? Long.MAX_VALUE : one.required("end_offset").asLong()));
        }
        return new QueryTopic(
                json.required("id").asText(),
                Uuid.fromString(json.required("topic_id").asText()),
                json.required("q").asText(),
                time(json, "from"),
                time(json, "to"),
                time(json, "as_of"),
                follow,
                Duration.ofMillis(json.required("ttl_ms").asLong()),
                json.required("created_at").asLong(),
                sources);
    }

    private static OptionalLong time(JsonNode json, String name) {
        return json.has(name) ? OptionalLong.of(json.get(name).asLong()) : OptionalLong.empty();
    }
}
