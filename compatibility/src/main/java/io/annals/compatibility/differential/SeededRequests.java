package io.annals.compatibility.differential;

import java.nio.ByteBuffer;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.jspecify.annotations.Nullable;

/// Draws requests from the protocol's own schemas: every field of every version gets a value, most
/// of them such as a client would send, the others at their limits or naming what does not exist.
/// The same seed draws the same request for both servers, except for the ids of topics.
final class SeededRequests {
    /// Of arrays. One that repeats an element hides the rest of the answer: left to the dialogues.
    private static final int[] SIZES = {1, 1, 1, 1, 1, 1, 1, 0};

    private final Random random;
    private final FieldValues values;

    SeededRequests(Random random, FieldValues values) {
        this.random = random;
        this.values = values;
    }

    Struct next(ApiKeys api, short version) {
        return struct(api, api.messageType.requestSchemas()[version]);
    }

    private Struct struct(ApiKeys api, Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) {
            struct.set(field, value(api, field.def.name, field.def.type));
        }
        return struct;
    }

    private @Nullable Object value(ApiKeys api, String name, Type type) {
        if (type instanceof TaggedFields tagged) {
            return taggedFields(api, tagged);
        }
        if (type.isNullable() && random.nextInt(8) == 0 && !name.contains("records")) {
            return null;
        }
        if (type.isArray()) {
            return array(api, name, type.arrayElementType().orElseThrow());
        }
        return type instanceof Schema schema
                ? struct(api, schema)
                : values.draw(random, api, name, type.toString());
    }

    private NavigableMap<Integer, @Nullable Object> taggedFields(ApiKeys api, TaggedFields tagged) {
        NavigableMap<Integer, @Nullable Object> drawn = new TreeMap<>();
        for (var field : tagged.fields().entrySet()) {
            Field known = field.getValue();
            if (random.nextInt(6) == 0) {
                drawn.put(field.getKey(), value(api, known.name, known.type));
            }
        }
        return drawn;
    }

    private @Nullable Object[] array(ApiKeys api, String name, Type element) {
        @Nullable Object[] array = new @Nullable Object[SIZES[random.nextInt(SIZES.length)]];
        for (int i = 0; i < array.length; i++) {
            array[i] = value(api, name, element);
        }
        return array;
    }

    /// Ids that no topic has.
    static final Uuid NO_TOPIC = new Uuid(0x1122334455667788L, 0x1122334455667788L);

    static ByteBuffer bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
