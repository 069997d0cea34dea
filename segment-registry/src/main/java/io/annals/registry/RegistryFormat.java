package io.annals.registry;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// Bytes of topic, delta and checkpoint objects: one JSON document each, that names its format and
/// version and carries the SHA-256 of its body's bytes as they stand in the document.
///
/// ```
/// {"format":"annals-topic","version":1,"sha256":"<64 hex digits>","body":{...}}
/// ```
///
/// The same value gives the same bytes. Described in `docs/formats/registry.md`. Thread-safe.
public final class RegistryFormat {
    private static final Kind TOPIC = new Kind("annals-topic", 2);
    private static final Kind DELTA = new Kind("annals-registry-delta", 3);
    private static final Kind CHECKPOINT = new Kind("annals-registry-checkpoint", 3);
    private static final Kind OWNER = new Kind("annals-archive-owner", 1);
    private static final Kind RENEWAL = new Kind("annals-archive-renewal", 1);

    /// Deltas from this version on have an epoch.
    private static final int FENCED_VERSION = 3;

    /// Checkpoints from this version on have pages.
    private static final int PAGED_VERSION = 3;

    private static final byte[] TAIL = {'}', '\n'};

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .addModule(
                            new SimpleModule()
                                    .addSerializer(new UuidSerializer())
                                    .addDeserializer(Uuid.class, new UuidDeserializer())
                                    .addDeserializer(
                                            RecordSegment.class, new SegmentDeserializer()))
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .enable(
                            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                            DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                            DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
                    .disable(
                            MapperFeature.ALLOW_COERCION_OF_SCALARS,
                            MapperFeature.AUTO_DETECT_IS_GETTERS)
                    .build();

    private RegistryFormat() {}

    public static byte[] topic(TopicMetadata topic) {
        return envelope(TOPIC, topic);
    }

    /// @throws CorruptRegistryException if the bytes are not a topic object
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static TopicMetadata topic(String name, byte[] bytes) {
        return open(name, bytes, TOPIC, TopicMetadata.class);
    }

    static byte[] delta(Delta delta) {
        return envelope(DELTA, delta);
    }

    /// @throws CorruptRegistryException if the bytes are not a delta object
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static Delta delta(String name, byte[] bytes) {
        Opened opened = open(name, bytes, DELTA);
        return opened.version < FENCED_VERSION
                ? opened.read(name, UnfencedDelta.class).delta()
                : opened.read(name, Delta.class);
    }

    static byte[] checkpoint(PagedCheckpoint checkpoint) {
        return envelope(CHECKPOINT, checkpoint);
    }

    /// @throws CorruptRegistryException if the bytes are not a checkpoint object
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static StoredCheckpoint checkpoint(String name, byte[] bytes) {
        Opened opened = open(name, bytes, CHECKPOINT);
        return opened.version < PAGED_VERSION
                ? opened.read(name, Checkpoint.class)
                : opened.read(name, PagedCheckpoint.class);
    }

    /// Checks the bytes of a checkpoint's page by themselves.
    ///
    /// @throws CorruptRegistryException if they are not a page
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static void checkPage(String name, byte[] bytes) {
        PageFormat.decode(name, bytes, TopicKeys::of, PackedEntry::id);
    }

    static byte[] owner(OwnerClaim claim) {
        return envelope(OWNER, claim);
    }

    /// @throws CorruptRegistryException if the bytes are not an owner object
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static OwnerClaim owner(String name, byte[] bytes) {
        return open(name, bytes, OWNER, OwnerClaim.class);
    }

    static byte[] renewal(OwnerRenewal renewal) {
        return envelope(RENEWAL, renewal);
    }

    /// @throws CorruptRegistryException if the bytes are not a renewal
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    public static OwnerRenewal renewal(String name, byte[] bytes) {
        return open(name, bytes, RENEWAL, OwnerRenewal.class);
    }

    private static byte[] envelope(Kind kind, Object value) {
        byte[] body;
        try {
            body = JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
        byte[] head =
                "{\"format\":\"%s\",\"version\":%d,\"sha256\":\"%s\",\"body\":"
                        .formatted(kind.format, kind.version, sha256(body, 0, body.length))
                        .getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[head.length + body.length + TAIL.length];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(body, 0, bytes, head.length, body.length);
        System.arraycopy(TAIL, 0, bytes, head.length + body.length, TAIL.length);
        return bytes;
    }

    private static <T> T open(String name, byte[] bytes, Kind kind, Class<T> type) {
        return open(name, bytes, kind).read(name, type);
    }

    private static Opened open(String name, byte[] bytes, Kind kind) {
        try (JsonParser parser = JSON.createParser(bytes)) {
            Opened opened = readEnvelope(name, parser, bytes, kind);
            String found = sha256(bytes, opened.bodyStart, opened.bodyEnd);
            if (!found.equals(opened.sha256)) {
                throw new CorruptRegistryException(name, "sha256 " + opened.sha256, found);
            }
            return opened;
        } catch (JsonProcessingException e) {
            throw noDocument(name, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CorruptRegistryException noDocument(String name, JsonProcessingException e) {
        return new CorruptRegistryException(name, "a JSON document", e.getOriginalMessage());
    }

    /// Reads up to the body; that the rest is the body and the end is proved by its hash.
    private static Opened readEnvelope(String name, JsonParser parser, byte[] bytes, Kind kind)
            throws IOException {
        expect(name, parser, JsonToken.START_OBJECT);
        field(name, parser, "format");
        expect(name, parser, JsonToken.VALUE_STRING);
        String format = parser.getText();
        field(name, parser, "version");
        expect(name, parser, JsonToken.VALUE_NUMBER_INT);
        if (!format.equals(kind.format)) {
            throw new CorruptRegistryException(name, "format " + kind.format, format);
        }
        int version = parser.getIntValue();
        if (version > kind.version) {
            throw new UnsupportedRegistryVersionException(name, version, kind.version);
        }
        if (version < 1) {
            throw new CorruptRegistryException(name, "a version from 1 on", "" + version);
        }
        field(name, parser, "sha256");
        expect(name, parser, JsonToken.VALUE_STRING);
        String sha256 = parser.getText();
        field(name, parser, "body");
        expect(name, parser, JsonToken.START_OBJECT);
        int start = (int) parser.currentTokenLocation().getByteOffset();
        int end = bytes.length - TAIL.length;
        if (end < start || !Arrays.equals(bytes, end, bytes.length, TAIL, 0, TAIL.length)) {
            throw new CorruptRegistryException(name, "a closing brace and a line feed", "none");
        }
        return new Opened(version, sha256, bytes, start, end);
    }

    private static void field(String name, JsonParser parser, String field) throws IOException {
        expect(name, parser, JsonToken.FIELD_NAME);
        if (!parser.currentName().equals(field)) {
            throw new CorruptRegistryException(name, field, parser.currentName());
        }
    }

    private static void expect(String name, JsonParser parser, JsonToken expected)
            throws IOException {
        JsonToken found = parser.nextToken();
        if (found != expected) {
            throw new CorruptRegistryException(
                    name, expected.toString(), found == null ? "the end" : found.toString());
        }
    }

    /// Lower-case hex of `[start, end)`.
    static String sha256(byte[] bytes, int start, int end) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, start, end - start);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// @param version that is written, and the newest that is read
    private record Kind(String format, int version) {}

    /// A document whose envelope was read and checked.
    private record Opened(int version, String sha256, byte[] bytes, int bodyStart, int bodyEnd) {

        <T> T read(String name, Class<T> type) {
            try {
                return JSON.readValue(bytes, bodyStart, bodyEnd - bodyStart, type);
            } catch (JsonProcessingException e) {
                throw noDocument(name, e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// As versions 1 and 2 have it.
    private record UnfencedDelta(
            long generation, long committedAtMs, String writer, RegistryChange change) {

        Delta delta() {
            return new Delta(generation, committedAtMs, writer, 0, change);
        }
    }

    /// Knows that version 1 had no compaction.
    private static final class SegmentDeserializer extends StdDeserializer<RecordSegment> {
        SegmentDeserializer() {
            super(RecordSegment.class);
        }

        @Override
        public RecordSegment deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            ObjectNode tree = context.readValue(parser, ObjectNode.class);
            JsonNode compactedToMs = tree.remove("compactedToMs");
            Whole whole = context.readTreeAsValue(tree, Whole.class);
            return new RecordSegment(
                    whole.id,
                    whole.topicId,
                    whole.object,
                    whole.ranges,
                    whole.walSegments,
                    compactedToMs == null ? 0 : context.readTreeAsValue(compactedToMs, Long.class));
        }

        private record Whole(
                String id,
                Uuid topicId,
                ArchiveObject object,
                List<PartitionRange> ranges,
                List<String> walSegments) {}
    }

    private static final class UuidSerializer extends StdSerializer<Uuid> {
        UuidSerializer() {
            super(Uuid.class);
        }

        @Override
        public void serialize(Uuid uuid, JsonGenerator out, SerializerProvider provider)
                throws IOException {
            out.writeString(uuid.toString());
        }
    }

    private static final class UuidDeserializer extends StdDeserializer<Uuid> {
        UuidDeserializer() {
            super(Uuid.class);
        }

        @Override
        public Uuid deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            String text = parser.getText();
            try {
                return Uuid.fromString(text);
            } catch (IllegalArgumentException e) {
                throw context.weirdStringException(text, Uuid.class, e.getMessage());
            }
        }
    }
}
