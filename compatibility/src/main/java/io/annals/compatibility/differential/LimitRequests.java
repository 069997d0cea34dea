package io.annals.compatibility.differential;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/// One sound request of an API and version, and for each of its fields that request with the field
/// at each of its limits: the ends of its type, empty, null, not there, twice.
final class LimitRequests {
    /// Where Kafka does not answer, or keeps what we do not: [UnansweredDialogue] has these.
    private static final Set<String> UNLIKE =
            Set.of(
                    "ADD_PARTITIONS_TO_TXN/transactions",
                    "ALTER_CONFIGS/resources",
                    "PRODUCE/topic_data",
                    "PRODUCE/topic_data/partition_data",
                    "PRODUCE/topic_data/partition_data/records");

    private final ApiKeys api;
    private final String tooLong;
    private final Schema schema;
    private final FieldValues values;

    LimitRequests(ApiKeys api, short version, FieldValues values) {
        this.api = api;
        this.tooLong = "x".repeat(250 + version); // for groups nothing is: one for each version
        this.schema = api.messageType.requestSchemas()[version];
        this.values = values;
    }

    Struct sound() {
        return struct(schema, "", Changed.NOTHING);
    }

    List<Struct> atLimits() {
        List<Struct> requests = new ArrayList<>();
        collect(schema, "", requests);
        return requests;
    }

    /// The request with null where there must be something, one for each such field.
    List<ByteBuffer> withNulls() {
        List<String> places = new ArrayList<>();
        collectRequired(schema, "", places);
        return places.stream().map(place -> NullWriter.write(schema, sound(), place)).toList();
    }

    /// @param place names from the root, a slash before each; empty for no place
    private record Changed(String place, @Nullable Object value, boolean twice) {
        static final Changed NOTHING = new Changed("", null, false);

        boolean isIn(String other) {
            return place.startsWith(other + "/") || place.equals(other);
        }
    }

    private void collect(Schema in, String place, List<Struct> requests) {
        for (BoundField field : in.fields()) {
            if (field.def.type instanceof TaggedFields tagged) {
                tagged.fields()
                        .values()
                        .forEach(known -> collect(known, place + "/" + known.name, requests));
            } else {
                collect(field.def, place + "/" + field.def.name, requests);
            }
        }
    }

    private void collect(Field field, String place, List<Struct> requests) {
        Type type = field.type;
        if (UNLIKE.contains(api + place)) {
            collectNested(type, place, requests);
            return;
        }
        for (Object limit : limits(field.name, type)) {
            requests.add(struct(schema, "", new Changed(place, limit, false)));
        }
        if (type.isNullable()) {
            requests.add(struct(schema, "", new Changed(place, null, false)));
        }
        if (type.isArray()) {
            requests.add(struct(schema, "", new Changed(place, null, true)));
        }
        collectNested(type, place, requests);
    }

    private void collectNested(Type type, String place, List<Struct> requests) {
        if (elementOrSelf(type) instanceof Schema nested) {
            collect(nested, place, requests);
        }
    }

    private void collectRequired(Schema in, String place, List<String> places) {
        for (BoundField field : in.fields()) {
            Type type = field.def.type;
            String own = place + "/" + field.def.name;
            if (NullWriter.hasNull(type) && !type.isNullable()) {
                places.add(own);
            }
            if (elementOrSelf(type) instanceof Schema nested) {
                collectRequired(nested, own, places);
            }
        }
    }

    private static Type elementOrSelf(Type type) {
        return type.isArray() ? type.arrayElementType().orElseThrow() : type;
    }

    private List<Object> limits(String name, Type type) {
        if (type.isArray()) {
            return List.of((Object) new Object[0]);
        }
        return switch (type.toString()) {
            case "BOOLEAN" -> List.of(true, false);
            case "INT8" -> List.of(Byte.MIN_VALUE, (byte) -1, (byte) 0, Byte.MAX_VALUE);
            case "INT16" ->
                    name.equals("acks") // none is not answered
                            ? List.of(Short.MIN_VALUE, (short) 1, Short.MAX_VALUE)
                            : List.of(Short.MIN_VALUE, (short) -1, (short) 0, Short.MAX_VALUE);
            case "UINT16" -> List.of(0, 65_535);
            case "INT32" ->
                    name.startsWith("max_wait") // nobody waits that long
                            ? List.of(Integer.MIN_VALUE, -1, 0)
                            : List.of(Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE);
            case "UNSIGNED_INT32" -> List.of(0L, 0xFFFFFFFFL);
            case "INT64" -> List.of(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE);
            case "FLOAT64" -> List.of(-1.0, 0.0, Double.MAX_VALUE, Double.NaN);
            case "UUID" -> List.of(Uuid.ZERO_UUID, SeededRequests.NO_TOPIC);
            case "RECORDS", "COMPACT_RECORDS", "NULLABLE_RECORDS", "COMPACT_NULLABLE_RECORDS" ->
                    List.of(MemoryRecords.EMPTY);
            case "BYTES", "COMPACT_BYTES", "NULLABLE_BYTES", "COMPACT_NULLABLE_BYTES" ->
                    List.of(ByteBuffer.allocate(0));
            case "STRING", "COMPACT_STRING", "NULLABLE_STRING", "COMPACT_NULLABLE_STRING" ->
                    name.equals("group_id") // one that others joined would have to wait for them
                            ? List.of("", tooLong)
                            : List.of("", "..", tooLong);
            default -> List.of();
        };
    }

    private Struct struct(Schema of, String place, Changed changed) {
        Struct struct = new Struct(of);
        for (BoundField field : of.fields()) {
            struct.set(
                    field,
                    field.def.type instanceof TaggedFields tagged
                            ? taggedFields(tagged, place, changed)
                            : value(field.def, place + "/" + field.def.name, changed));
        }
        return struct;
    }

    private NavigableMap<Integer, @Nullable Object> taggedFields(
            TaggedFields tagged, String place, Changed changed) {
        NavigableMap<Integer, @Nullable Object> present = new TreeMap<>();
        tagged.fields()
                .forEach((tag, field) -> {
                    String own = place + "/" + field.name;
                    if (changed.isIn(own)) {
                        present.put(tag, value(field, own, changed));
                    }
                });
        return present;
    }

    private @Nullable Object value(Field field, String place, Changed changed) {
        boolean isChanged = changed.place().equals(place);
        if (isChanged && !changed.twice()) {
            return changed.value();
        }
        if (!field.type.isArray()) {
            return element(field.name, field.type, place, changed);
        }
        Type type = elementOrSelf(field.type);
        Object element = element(field.name, type, place, changed);
        return isChanged ? new Object[] {element, element} : new Object[] {element};
    }

    private static String meaning(String place, String name) {
        return place.endsWith("/configs/name") ? "config_name" : name;
    }

    private Object element(String name, Type type, String place, Changed changed) {
        return type instanceof Schema nested
                ? struct(nested, place, changed)
                : values.sound(api, meaning(place, name), type.toString());
    }
}
