package io.annals.archive;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// `manifest.json` of archive objects: what an object holds, as a record written to JSON.
///
/// A manifest record has the components `format` (a string, which names the kind of object) and
/// `version` (an int, raised when an old reader would read it wrongly). The JSON is deterministic:
/// components in their order, maps ordered by key, two spaces, line feeds, one at the end. Unknown
/// members are skipped when reading. No state.
public final class Manifests {
    /// Name of the tar entry.
    public static final String ENTRY_NAME = "manifest.json";

    /// A larger manifest is refused.
    public static final int MAX_BYTES = 64 * 1024 * 1024;

    /// Format, version, program and id have room in it many times over.
    private static final int HEAD_BYTES = 8 * 1024;

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .visibility(PropertyAccessor.IS_GETTER, JsonAutoDetect.Visibility.NONE)
                    .build();

    private static final ObjectWriter WRITER = JSON.writer(printer());

    private Manifests() {}

    /// UTF-8 JSON.
    public static byte[] write(Record manifest) {
        try {
            return (WRITER.writeValueAsString(manifest) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("manifest cannot be written", e);
        }
    }

    /// Reads the manifest of an open object.
    ///
    /// @throws CorruptObjectException if there is none of this format
    /// @throws TooNewObjectException if its version is above `version`
    public static <T extends Record> T read(
            SeekableTar tar, Class<T> type, String format, int version) throws IOException {
        return parse(tar.object().key(), tar.readAll(ENTRY_NAME, MAX_BYTES), type, format, version);
    }

    /// @param key of the object, for messages
    public static <T extends Record> T parse(
            String key, byte[] json, Class<T> type, String format, int version)
            throws ObjectStoreException {
        try {
            JsonNode tree = JSON.readTree(json);
            String actual = tree.path("format").asText("");
            if (!format.equals(actual)) {
                throw new CorruptObjectException(
                        key, ENTRY_NAME, "format " + format, '"' + actual + '"');
            }
            int actualVersion = tree.path("version").asInt();
            if (actualVersion > version) {
                throw new TooNewObjectException(key, ENTRY_NAME, actualVersion, version);
            }
            return JSON.treeToValue(tree, type);
        } catch (ObjectStoreException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new CorruptObjectException(key, ENTRY_NAME, "a manifest of format " + format, e);
        }
    }

    /// The `id` of a manifest that has one. It stands near the start: a long manifest is not read
    /// to its end for it.
    ///
    /// @throws CorruptObjectException if there is none
    static String id(SeekableTar tar) throws IOException {
        String key = tar.object().key();
        SeekableTar.Entry entry =
                tar.entry(ENTRY_NAME)
                        .orElseThrow(() ->
                                new CorruptObjectException(
                                        key, ENTRY_NAME, "a manifest", "no such entry"));
        byte[] head = new byte[(int) Math.min(entry.sizeBytes(), HEAD_BYTES)];
        tar.read(entry, 0, head, 0, head.length);
        try (JsonParser json = JSON.createParser(head)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isId = json.currentName().equals("id");
                json.nextToken();
                if (isId) {
                    return json.getText();
                }
                json.skipChildren();
            }
            throw new CorruptObjectException(key, ENTRY_NAME, "an id", "none");
        } catch (JsonProcessingException e) {
            throw new CorruptObjectException(
                    key, ENTRY_NAME, "an id in its first %d bytes".formatted(head.length), e);
        }
    }

    private static DefaultPrettyPrinter printer() {
        DefaultIndenter indent = new DefaultIndenter("  ", "\n");
        Separators separators =
                Separators.createDefaultInstance()
                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER);
        return new DefaultPrettyPrinter(separators)
                .withObjectIndenter(indent)
                .withArrayIndenter(indent);
    }
}
