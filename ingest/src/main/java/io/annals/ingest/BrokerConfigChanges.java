package io.annals.ingest;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// Changes the settings of this broker, or those of all brokers of the cluster, which is this one:
/// without a name. Blocking.
///
/// @param nodeId as text, the name of this broker
record BrokerConfigChanges(DynamicSettings settings, BrokerConfigs configs, String nodeId) {

    /// @param edit from what is set to what shall be
    ApiError alter(
            String name,
            List<ConfigEdit.Op> ops,
            Function<Map<String, String>, ConfigEdit> edit,
            boolean validateOnly) {
        Optional<ApiError> refused = refusal(name, ops);
        if (refused.isPresent()) {
            return refused.get();
        }
        try {
            settings.change(
                    new ConfigResource(ConfigResource.Type.BROKER, name),
                    current -> checked(name, edit.apply(current)),
                    validateOnly);
            return ApiError.NONE;
        } catch (ApiException failed) {
            return ApiError.fromThrowable(failed);
        }
    }

    /// Taking back what was never set is no change: `kafka-reassign-partitions --verify` does so.
    private Optional<ApiError> refusal(String name, List<ConfigEdit.Op> ops) {
        if (!name.isEmpty()) {
            Optional<ApiError> otherBroker = BrokerName.refusal(name, nodeId);
            if (otherBroker.isPresent()) {
                return otherBroker;
            }
        }
        Set<String> fixed =
                ops.stream()
                        .filter(op -> op.type() != AlterConfigOp.OpType.DELETE)
                        .map(ConfigEdit.Op::name)
                        .filter(setting -> !configs.isDynamic(setting))
                        .collect(Collectors.toCollection(TreeSet::new));
        return fixed.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new ApiError(
                                Errors.INVALID_REQUEST,
                                "Cannot update these configs dynamically: " + fixed));
    }

    private Map<String, String> checked(String name, ConfigEdit edited) {
        return switch (edited) {
            case ConfigEdit.To to -> {
                Optional<ConfigException> refused = configs.refusal(name.isEmpty(), to.configs());
                if (refused.isPresent()) {
                    throw new InvalidRequestException(
                            Objects.requireNonNull(refused.get().getMessage()), refused.get());
                }
                yield to.configs();
            }
            case ConfigEdit.Refused refused -> throw refused.error().exception();
        };
    }
}
