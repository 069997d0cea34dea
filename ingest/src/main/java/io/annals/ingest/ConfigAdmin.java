package io.annals.ingest;

import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;

/// Describes the settings of topics and of this broker, and changes those of topics. Blocking.
final class ConfigAdmin {
    private final TopicCatalog topics;
    private final SettingsView view;
    private final String nodeId;

    ConfigAdmin(TopicCatalog topics, SettingsView view, int nodeId) {
        this.topics = topics;
        this.view = view;
        this.nodeId = String.valueOf(nodeId);
    }

    DescribeConfigsResponseData describe(DescribeConfigsRequest request) {
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.data().resources()) {
            DescribeConfigsResult result =
                    new DescribeConfigsResult()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName());
            Found found = find(resource);
            result.setErrorCode(found.error().error().code())
                    .setErrorMessage(found.error().message());
            for (SettingsView.Setting setting : found.settings()) {
                if (resource.configurationKeys() == null
                        || resource.configurationKeys().contains(setting.name())) {
                    result.configs().add(described(setting, request));
                }
            }
            response.results().add(result);
        }
        return response;
    }

    private record Found(ApiError error, List<SettingsView.Setting> settings) {

        static Found none(Errors error, String message) {
            return new Found(new ApiError(error, message), List.of());
        }
    }

    private Found find(DescribeConfigsResource resource) {
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC ->
                    topics.topic(resource.resourceName())
                            .map(topic ->
                                    new Found(
                                            ApiError.NONE,
                                            view.ofTopic(topic.metadata().configs())))
                            .orElse(
                                    Found.none(
                                            Errors.UNKNOWN_TOPIC_OR_PARTITION,
                                            Errors.UNKNOWN_TOPIC_OR_PARTITION.message()));
            case BROKER ->
                    resource.resourceName().equals(nodeId)
                            ? new Found(ApiError.NONE, view.ofBroker())
                            : resource.resourceName().isEmpty()
                                    ? new Found(ApiError.NONE, List.of()) // cluster-wide: none
                                    : Found.none(
                                            Errors.INVALID_REQUEST,
                                            "Unexpected broker id, expected %s, but received %s"
                                                    .formatted(nodeId, resource.resourceName()));
            case BROKER_LOGGER, CLIENT_METRICS, GROUP, UNKNOWN ->
                    Found.none(
                            Errors.INVALID_REQUEST,
                            "Unsupported resource type: " + resource.resourceType());
        };
    }

    private static DescribeConfigsResourceResult described(
            SettingsView.Setting setting, DescribeConfigsRequest request) {
        DescribeConfigsResourceResult result =
                new DescribeConfigsResourceResult()
                        .setName(setting.name())
                        .setValue(setting.value())
                        .setReadOnly(setting.readOnly())
                        .setConfigSource(setting.source().id())
                        .setIsSensitive(false)
                        .setConfigType(setting.type().id());
        if (request.data().includeDocumentation()) {
            result.setDocumentation(setting.documentation());
        }
        if (request.data().includeSynonyms()) {
            result.synonyms()
                    .add(
                            new DescribeConfigsSynonym()
                                    .setName(setting.name())
                                    .setValue(setting.value())
                                    .setSource(setting.source().id()));
        }
        return result;
    }

    IncrementalAlterConfigsResponseData alter(IncrementalAlterConfigsRequest request) {
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        for (AlterConfigsResource resource : request.data().resources()) {
            ApiError error = alter(resource, request.data().validateOnly());
            response.responses()
                    .add(
                            new AlterConfigsResourceResponse()
                                    .setResourceType(resource.resourceType())
                                    .setResourceName(resource.resourceName())
                                    .setErrorCode(error.error().code())
                                    .setErrorMessage(error.message()));
        }
        return response;
    }

    private ApiError alter(AlterConfigsResource resource, boolean validateOnly) {
        if (ConfigResource.Type.forId(resource.resourceType()) != ConfigResource.Type.TOPIC) {
            return new ApiError(
                    Errors.INVALID_REQUEST,
                    "Only topics can be configured by request; the server has its settings file.");
        }
        List<ConfigEdit.Op> ops =
                resource.configs().stream()
                        .map(config ->
                                new ConfigEdit.Op(
                                        config.name(),
                                        AlterConfigOp.OpType.forId(config.configOperation()),
                                        config.value()))
                        .toList();
        return topics.configure(
                        resource.resourceName(),
                        current -> ConfigEdit.apply(topics.settings(), current, ops),
                        validateOnly)
                .error();
    }
}
