package io.annals.ingest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.jspecify.annotations.Nullable;

/// What a list of edits makes of a topic's settings.
sealed interface ConfigEdit {

    /// @param configs all that the topic will set itself
    record To(Map<String, String> configs) implements ConfigEdit {

        public To {
            configs = Map.copyOf(configs);
        }
    }

    record Refused(ApiError error) implements ConfigEdit {}

    /// One edit of IncrementalAlterConfigs.
    record Op(String name, AlterConfigOp.@Nullable OpType type, @Nullable String value) {}

    /// What is wrong with edits, whatever they edit; empty if nothing is.
    static Optional<ApiError> refusal(List<Op> ops) {
        if (ops.stream().map(Op::name).distinct().count() < ops.size()) {
            return Optional.of(
                    new ApiError(Errors.INVALID_REQUEST, "Error due to duplicate config keys"));
        }
        List<String> withoutValue =
                ops.stream()
                        .filter(op ->
                                op.type() != AlterConfigOp.OpType.DELETE && op.value() == null)
                        .map(Op::name)
                        .toList();
        return withoutValue.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new ApiError(
                                Errors.INVALID_REQUEST,
                                "Null value not supported for : "
                                        + String.join(", ", withoutValue)));
    }

    /// Applies edits that [#refusal] lets pass, as Kafka does (KIP-339).
    static ConfigEdit apply(ConfigDef definitions, Map<String, String> current, List<Op> ops) {
        Map<String, String> configs = new HashMap<>(current);
        for (Op op : ops) {
            Optional<ConfigEdit> refused = apply(definitions, configs, op);
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        return new To(configs);
    }

    private static Optional<ConfigEdit> apply(
            ConfigDef definitions, Map<String, String> configs, Op op) {
        AlterConfigOp.OpType type = op.type();
        if (type == null) {
            return Optional.of(refused(Errors.INVALID_REQUEST, "Unknown operation type."));
        }
        if (type == AlterConfigOp.OpType.DELETE) {
            configs.remove(op.name());
            return Optional.empty();
        }
        String value = Objects.requireNonNull(op.value());
        if (type == AlterConfigOp.OpType.SET) {
            configs.put(op.name(), value);
            return Optional.empty();
        }
        ConfigDef.ConfigKey key = definitions.configKeys().get(op.name());
        if (key == null || key.type != ConfigDef.Type.LIST) {
            return Optional.of(
                    refused(
                            Errors.INVALID_CONFIG,
                            "Can't %s to key %s because its type is not LIST."
                                    .formatted(type, op.name())));
        }
        String present =
                configs.getOrDefault(
                        op.name(), ConfigDef.convertToString(key.defaultValue, key.type));
        configs.put(op.name(), merged(present, value, type == AlterConfigOp.OpType.APPEND));
        return Optional.empty();
    }

    private static String merged(@Nullable String present, String change, boolean append) {
        List<String> values = new ArrayList<>(items(present == null ? "" : present));
        for (String item : items(change)) {
            values.remove(item);
            if (append) {
                values.add(item);
            }
        }
        return String.join(",", values);
    }

    private static List<String> items(String list) {
        return Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
    }

    private static ConfigEdit refused(Errors error, String message) {
        return new Refused(new ApiError(error, message));
    }
}
