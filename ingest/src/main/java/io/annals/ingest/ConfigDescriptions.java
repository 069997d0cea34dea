package io.annals.ingest;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;

/// Describes the settings of topics and of this broker, and lists what has settings.
final class ConfigDescriptions {
    private final TopicCatalog topics;
    private final SettingsView view;
    private final LoggerSettings loggers;
    private final DynamicSettings dynamic;
    private final String nodeId;

    ConfigDescriptions(
            TopicCatalog topics,
            SettingsView view,
            LoggerSettings loggers,
            DynamicSettings dynamic,
            int nodeId) {
        this.dynamic = dynamic;
        this.topics = topics;
        this.loggers = loggers;
        this.view = view;
        this.nodeId = String.valueOf(nodeId);
    }

    DescribeConfigsResponseData describe(DescribeConfigsRequest request) {
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.data().resources()) {
            Found found = find(resource);
            DescribeConfigsResult result =
                    new DescribeConfigsResult()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName())
                            .setErrorCode(found.error().error().code())
                            .setErrorMessage(
                                    found.error().isSuccess() ? "" : found.error().message());
            if (ConfigResource.Type.forId(resource.resourceType())
                            == ConfigResource.Type.BROKER_LOGGER
                    && found.error().isSuccess()) {
                loggers.describe().stream()
                        .filter(logger -> isWanted(resource, logger.name()))
                        .forEach(result.configs()::add);
            }
            found.settings().stream()
                    .filter(setting -> isWanted(resource, setting.name()))
                    .map(setting -> described(setting, request))
                    .forEach(result.configs()::add);
            response.results().add(result);
        }
        return response;
    }

    private static boolean isWanted(DescribeConfigsResource resource, String name) {
        return resource.configurationKeys() == null
                || resource.configurationKeys().isEmpty()
                || resource.configurationKeys().contains(name);
    }

    private record Found(ApiError error, List<SettingsView.Setting> settings) {

        static Found none(Errors error, String message) {
            return new Found(new ApiError(error, message), List.of());
        }
    }

    private Found find(DescribeConfigsResource resource) {
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> ofTopic(resource.resourceName());
            case BROKER -> ofBroker(resource.resourceName());
            case GROUP -> ofGroup(resource.resourceName());
            case CLIENT_METRICS -> new Found(ApiError.NONE, List.of()); // never any set
            case BROKER_LOGGER ->
                    new Found(
                            loggers.refusal(resource.resourceName()).orElse(ApiError.NONE),
                            List.of());
            case UNKNOWN ->
                    Found.none(
                            Errors.INVALID_REQUEST,
                            "Unsupported resource type: " + resource.resourceType());
        };
    }

    private Found ofTopic(String name) {
        if (!org.apache.kafka.common.internals.Topic.isValid(name)) {
            return Found.none(Errors.INVALID_TOPIC_EXCEPTION, "Topic name is not allowed: " + name);
        }
        return topics.topic(name)
                .map(topic -> new Found(ApiError.NONE, view.ofTopic(topic.metadata().configs())))
                .orElse(Found.none(Errors.UNKNOWN_TOPIC_OR_PARTITION, ""));
    }

    /// Whether there is such a group does not matter.
    private Found ofGroup(String name) {
        return name.isEmpty()
                ? Found.none(Errors.INVALID_REQUEST, "Group name must not be empty")
                : new Found(
                        ApiError.NONE,
                        view.ofGroup(
                                dynamic.of(new ConfigResource(ConfigResource.Type.GROUP, name))));
    }

    /// @param name empty for what all brokers of a cluster share
    private Found ofBroker(String name) {
        if (name.isEmpty()) {
            return new Found(ApiError.NONE, view.ofCluster());
        }
        return BrokerName.refusal(name, nodeId)
                .map(refused -> new Found(refused, List.of()))
                .orElseGet(() -> new Found(ApiError.NONE, view.ofBroker()));
    }

    private static DescribeConfigsResourceResult described(
            SettingsView.Setting setting, DescribeConfigsRequest request) {
        DescribeConfigsResourceResult result =
                new DescribeConfigsResourceResult()
                        .setName(setting.name())
                        .setValue(setting.value())
                        .setReadOnly(setting.readOnly())
                        .setConfigSource(setting.source().id())
                        .setIsSensitive(setting.sensitive())
                        .setConfigType(setting.type().id())
                        .setDocumentation(
                                request.data().includeDocumentation()
                                        ? setting.documentation()
                                        : null);
        if (request.data().includeSynonyms()) {
            for (SettingsView.Synonym synonym : setting.synonyms()) {
                result.synonyms()
                        .add(
                                new DescribeConfigsSynonym()
                                        .setName(synonym.name())
                                        .setValue(synonym.value())
                                        .setSource(synonym.source().id()));
            }
        }
        return result;
    }

    /// KIP-1142. There are no settings of client metrics to list.
    ListConfigResourcesResponseData list(ListConfigResourcesRequest request) {
        Set<Byte> wanted = Set.copyOf(request.data().resourceTypes());
        if (!request.supportedResourceTypes().containsAll(wanted)) {
            return new ListConfigResourcesResponseData()
                    .setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        }
        Set<Byte> listed = wanted.isEmpty() ? request.supportedResourceTypes() : wanted;
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        if (listed.contains(ConfigResource.Type.BROKER.id())) {
            response.configResources().add(entry(ConfigResource.Type.BROKER, nodeId));
        }
        if (listed.contains(ConfigResource.Type.BROKER_LOGGER.id())) {
            response.configResources().add(entry(ConfigResource.Type.BROKER_LOGGER, nodeId));
        }
        if (listed.contains(ConfigResource.Type.GROUP.id())) {
            dynamic.names(ConfigResource.Type.GROUP).stream()
                    .map(group -> entry(ConfigResource.Type.GROUP, group))
                    .forEach(response.configResources()::add);
        }
        if (listed.contains(ConfigResource.Type.TOPIC.id())) {
            topics.topics().stream()
                    .map(topic -> entry(ConfigResource.Type.TOPIC, topic.name()))
                    .forEach(response.configResources()::add);
        }
        return response;
    }

    private static ListConfigResourcesResponseData.ConfigResource entry(
            ConfigResource.Type type, String name) {
        return new ListConfigResourcesResponseData.ConfigResource()
                .setResourceName(name)
                .setResourceType(type.id());
    }
}
