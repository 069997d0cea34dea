package io.annals.compatibility.differential;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.Type;

/// Writes a message as its schema says, but for one field, in whose place it writes the null that
/// the schema does not allow.
final class NullWriter {
    private final String nullAt;
    private final ByteBuffer to;

    private NullWriter(String nullAt, ByteBuffer to) {
        this.nullAt = nullAt;
        this.to = to;
    }

    /// @param place names from the root, a slash before each; an array's elements have no name
    static ByteBuffer write(Schema schema, Struct message, String place) {
        ByteBuffer to = ByteBuffer.allocate(message.sizeOf() + Long.BYTES);
        new NullWriter(place, to).struct(schema, message, "");
        return to.flip();
    }

    /// Whether there is a way to write null as such a type.
    static boolean hasNull(Type type) {
        return type.isArray() || type.toString().matches("(COMPACT_)?(STRING|BYTES|RECORDS)");
    }

    private void struct(Schema schema, Struct message, String place) {
        for (BoundField field : schema.fields()) {
            String own = place + "/" + field.def.name;
            Type type = field.def.type;
            if (own.equals(nullAt)) {
                writeNull(type);
            } else if (!nullAt.startsWith(own + "/")) {
                type.write(to, message.get(field));
            } else if (type instanceof Schema nested) {
                struct(nested, (Struct) message.get(field), own);
            } else {
                array(type, (Object[]) message.get(field), own);
            }
        }
    }

    private void array(Type type, Object[] elements, String place) {
        if (type.toString().startsWith("COMPACT")) {
            new ByteBufferAccessor(to).writeUnsignedVarint(elements.length + 1);
        } else {
            to.putInt(elements.length);
        }
        for (Object element : elements) {
            struct((Schema) type.arrayElementType().orElseThrow(), (Struct) element, place);
        }
    }

    private void writeNull(Type type) {
        if (type.toString().startsWith("COMPACT")) {
            new ByteBufferAccessor(to).writeUnsignedVarint(0);
        } else if (type.toString().equals("STRING")) {
            to.putShort((short) -1);
        } else {
            to.putInt(-1);
        }
    }
}
