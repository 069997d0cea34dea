package io.annals.ingest;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;

/// Changes the settings of topics, groups, loggers and of this broker, one by one
/// (IncrementalAlterConfigs) or all of one at once (AlterConfigs). Blocking.
final class ConfigChanges {
    private final TopicCatalog topics;
    private final GroupConfigChanges groups;
    private final BrokerConfigChanges brokers;
    private final LoggerSettings loggers;

    /// What a request wants of one resource.
    ///
    /// @param type of a [ConfigResource]
    /// @param edit from what a topic sets itself to what it shall set
    private record Wanted(
            byte type,
            String name,
            List<ConfigEdit.Op> ops,
            Function<Map<String, String>, ConfigEdit> edit) {}

    ConfigChanges(
            TopicCatalog topics,
            GroupConfigChanges groups,
            BrokerConfigChanges brokers,
            LoggerSettings loggers) {
        this.topics = topics;
        this.groups = groups;
        this.brokers = brokers;
        this.loggers = loggers;
    }

    IncrementalAlterConfigsResponseData alter(IncrementalAlterConfigsRequest request) {
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        for (AlterConfigsResource resource : request.data().resources()) {
            byte type = resource.resourceType();
            String name = resource.resourceName();
            boolean isRepeated = request.data().resources().findAll(type, name).size() > 1;
            Wanted wanted = wanted(resource);
            boolean validateOnly = request.data().validateOnly();
            ApiError error;
            if (isRepeated) {
                error = REPEATED;
            } else if (type == ConfigResource.Type.BROKER_LOGGER.id()) {
                error =
                        ConfigEdit.refusal(wanted.ops())
                                .orElseGet(() -> loggers.alter(name, wanted.ops(), validateOnly));
            } else {
                error = alter(wanted, validateOnly);
            }
            response.responses()
                    .add(
                            new AlterConfigsResourceResponse()
                                    .setResourceType(type)
                                    .setResourceName(name)
                                    .setErrorCode(error.error().code())
                                    .setErrorMessage(error.message()));
        }
        return response;
    }

    private Wanted wanted(AlterConfigsResource resource) {
        List<ConfigEdit.Op> ops =
                resource.configs().stream()
                        .map(config ->
                                new ConfigEdit.Op(
                                        config.name(),
                                        AlterConfigOp.OpType.forId(config.configOperation()),
                                        config.value()))
                        .toList();
        return new Wanted(
                resource.resourceType(),
                resource.resourceName(),
                ops,
                current -> ConfigEdit.apply(definitions(resource.resourceType()), current, ops));
    }

    /// Kafka's controller does not know the types of groups' settings, so that none is a list to
    /// it.
    private ConfigDef definitions(byte type) {
        return switch (ConfigResource.Type.forId(type)) {
            case TOPIC -> topics.settings();
            case BROKER -> brokers.configs().definitions();
            case GROUP, BROKER_LOGGER, CLIENT_METRICS, UNKNOWN -> new ConfigDef();
        };
    }

    AlterConfigsResponseData replace(AlterConfigsRequest request) {
        AlterConfigsResponseData response = new AlterConfigsResponseData();
        for (AlterConfigsRequestData.AlterConfigsResource resource : request.data().resources()) {
            byte type = resource.resourceType();
            String name = resource.resourceName();
            boolean isRepeated = request.data().resources().findAll(type, name).size() > 1;
            ApiError error =
                    isRepeated ? REPEATED : alter(wanted(resource), request.data().validateOnly());
            response.responses()
                    .add(
                            new AlterConfigsResponseData.AlterConfigsResourceResponse()
                                    .setResourceType(type)
                                    .setResourceName(name)
                                    .setErrorCode(error.error().code())
                                    .setErrorMessage(error.message()));
        }
        return response;
    }

    /// Nothing of the present settings stays.
    private Wanted wanted(AlterConfigsRequestData.AlterConfigsResource resource) {
        List<ConfigEdit.Op> ops =
                resource.configs().stream()
                        .map(config ->
                                new ConfigEdit.Op(
                                        config.name(), AlterConfigOp.OpType.SET, config.value()))
                        .toList();
        return new Wanted(
                resource.resourceType(),
                resource.resourceName(),
                ops,
                _ -> ConfigEdit.apply(definitions(resource.resourceType()), Map.of(), ops));
    }

    private static final ApiError REPEATED =
            new ApiError(Errors.INVALID_REQUEST, "Each resource must appear at most once.");

    private ApiError alter(Wanted wanted, boolean validateOnly) {
        return ConfigEdit.refusal(wanted.ops())
                .orElseGet(() ->
                        switch (ConfigResource.Type.forId(wanted.type())) {
                            case TOPIC -> alterTopic(wanted, validateOnly);
                            case BROKER ->
                                    brokers.alter(
                                            wanted.name(),
                                            wanted.ops(),
                                            wanted.edit(),
                                            validateOnly);
                            case GROUP -> groups.alter(wanted.name(), wanted.edit(), validateOnly);
                            case BROKER_LOGGER, CLIENT_METRICS, UNKNOWN ->
                                    new ApiError(
                                            Errors.INVALID_REQUEST,
                                            "Unknown resource type " + wanted.type());
                        });
    }

    private ApiError alterTopic(Wanted wanted, boolean validateOnly) {
        if (wanted.name().isEmpty()) {
            return new ApiError(Errors.INVALID_REQUEST, "Default topic resources are not allowed.");
        }
        ApiError error = topics.configure(wanted.name(), wanted.edit(), validateOnly).error();
        return error.error() == Errors.UNKNOWN_TOPIC_OR_PARTITION
                ? new ApiError(
                        error.error(), "The topic '%s' does not exist.".formatted(wanted.name()))
                : error;
    }
}
