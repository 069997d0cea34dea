package io.annals.ingest;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.LogLevelConfig;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/// The loggers of this broker as a resource with settings (KIP-412): by name, how much each tells.
final class LoggerSettings {
    private final LogLevels loggers;
    private final String nodeId;

    LoggerSettings(LogLevels loggers, int nodeId) {
        this.loggers = loggers;
        this.nodeId = String.valueOf(nodeId);
    }

    /// Why the name does not stand for this broker's loggers; empty if it does.
    Optional<ApiError> refusal(String name) {
        return name.isEmpty()
                ? Optional.of(new ApiError(Errors.INVALID_REQUEST, "Broker id must not be empty"))
                : BrokerName.refusal(name, nodeId);
    }

    List<DescribeConfigsResourceResult> describe() {
        return loggers.levels().entrySet().stream()
                .map(logger ->
                        new DescribeConfigsResourceResult()
                                .setName(logger.getKey())
                                .setValue(logger.getValue())
                                .setConfigSource(ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG.id())
                                .setDocumentation(null))
                .toList();
    }

    /// All of the changes, or none if one of them is wrong.
    ApiError alter(String name, List<ConfigEdit.Op> ops, boolean validateOnly) {
        Optional<ApiError> wrong = refusal(name);
        Set<String> known = loggers.levels().keySet();
        for (ConfigEdit.Op op : ops) {
            wrong = wrong.or(() -> refusal(op, known));
        }
        if (wrong.isPresent() || validateOnly) {
            return wrong.orElse(ApiError.NONE);
        }
        for (ConfigEdit.Op op : ops) {
            if (op.type() == AlterConfigOp.OpType.SET) {
                loggers.set(op.name(), Objects.requireNonNull(op.value()));
            } else {
                loggers.reset(op.name());
            }
        }
        return ApiError.NONE;
    }

    private static Optional<ApiError> refusal(ConfigEdit.Op op, Set<String> known) {
        boolean sets = op.type() == AlterConfigOp.OpType.SET;
        if (!sets && op.type() != AlterConfigOp.OpType.DELETE) {
            return refuse(
                    Errors.INVALID_REQUEST,
                    "The operation %s is not supported for loggers.".formatted(op.type()));
        }
        if (!known.contains(op.name())) {
            return refuse(Errors.INVALID_CONFIG, "Logger %s does not exist!".formatted(op.name()));
        }
        if (sets && !LogLevelConfig.VALID_LOG_LEVELS.contains(String.valueOf(op.value()))) {
            return refuse(
                    Errors.INVALID_CONFIG,
                    "Cannot set the log level of %s to %s as it is not a supported log level. Valid log levels are %s"
                            .formatted(
                                    op.name(),
                                    op.value(),
                                    String.join(
                                            ", ", new TreeSet<>(LogLevelConfig.VALID_LOG_LEVELS))));
        }
        return !sets && op.name().equals(LogLevels.ROOT)
                ? refuse(
                        Errors.INVALID_REQUEST,
                        "Removing the log level of the root logger is not allowed")
                : Optional.empty();
    }

    private static Optional<ApiError> refuse(Errors error, String message) {
        return Optional.of(new ApiError(error, message));
    }
}
