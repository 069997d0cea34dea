package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.jspecify.annotations.Nullable;

/// Turns a message as the protocol's schemas read it into a tree that can be compared: tagged
/// fields under their names, arrays of structures in the order of their keys (Kafka promises none),
/// batches by their headers.
final class Decoded {
    private static final List<String> KEYS =
            List.of(
                    "name",
                    "topic",
                    "topic_name",
                    "partition_index",
                    "partition",
                    "index",
                    "resource_name",
                    "resource_type",
                    "group_id",
                    "member_id",
                    "api_key",
                    "broker_id",
                    "node_id",
                    "log_dir",
                    "transactional_id");

    /// The end of the ids that a classic group's coordinator draws for its members.
    private static final Pattern DRAWN_MEMBER =
            Pattern.compile("-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");

    private final UnaryOperator<String> written;

    /// For comparing.
    ///
    /// @param names what to write instead of some texts
    Decoded(Map<String, String> names) {
        this.written =
                text ->
                        names.getOrDefault(
                                text, DRAWN_MEMBER.matcher(text).replaceFirst("-<drawn>"));
    }

    private Decoded(UnaryOperator<String> written) {
        this.written = written;
    }

    /// With each text as the server said it.
    static Decoded verbatim() {
        return new Decoded(UnaryOperator.identity());
    }

    ObjectNode message(Struct struct) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        for (BoundField field : struct.schema().fields()) {
            if (field.def.type instanceof TaggedFields tagged) {
                Map<?, ?> values = (Map<?, ?>) struct.get(field);
                values.forEach((tag, value) -> {
                    var known = tagged.fields().get(tag);
                    node.set(known == null ? "tag " + tag : known.name, value(value));
                });
            } else {
                node.set(field.def.name, value(struct.get(field)));
            }
        }
        return node;
    }

    private JsonNode value(@Nullable Object value) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (value) {
            case null -> nodes.nullNode();
            case Struct struct -> message(struct);
            case Object[] array -> array(array);
            case Boolean flag -> nodes.booleanNode(flag);
            case Double number -> nodes.numberNode(number);
            case Number number -> nodes.numberNode(number.longValue());
            case MemoryRecords records -> records(records);
            case ByteBuffer bytes -> nodes.textNode(hex(bytes));
            default -> nodes.textNode(written.apply(value.toString()));
        };
    }

    private ArrayNode array(Object[] values) {
        List<JsonNode> elements = new ArrayList<>();
        for (Object value : values) {
            elements.add(value(value));
        }
        if (values.length > 0 && values[0] instanceof Struct) {
            elements.sort(
                    Comparator.comparing(Decoded::key, Comparator.comparingInt(String::length))
                            .thenComparing(Decoded::key));
        }
        return JsonNodeFactory.instance.arrayNode().addAll(elements);
    }

    /// What tells an element of an array from its neighbours.
    static String key(JsonNode element) {
        StringBuilder key = new StringBuilder();
        for (String name : KEYS) {
            JsonNode part = element.path(name);
            if (part.isNumber()) {
                key.append(part.asLong()).append(' ');
            } else if (!part.isMissingNode()) {
                key.append(part.asText()).append(' ');
            }
        }
        // The id of a topic tells only where there is no name, and only if both servers know it.
        String id = element.path("topic_id").asText();
        return key.isEmpty() && id.startsWith("<") ? id : key.toString();
    }

    private static ArrayNode records(MemoryRecords records) {
        ArrayNode batches = JsonNodeFactory.instance.arrayNode();
        for (MutableRecordBatch batch : records.batches()) {
            batches.addObject()
                    .put("magic", batch.magic())
                    .put("base_offset", batch.baseOffset())
                    .put("last_offset", batch.lastOffset())
                    .put("leader_epoch", batch.partitionLeaderEpoch())
                    .put("crc", batch.checksum())
                    .put("bytes", batch.sizeInBytes())
                    .put("control", batch.isControlBatch());
        }
        return batches;
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }
}
