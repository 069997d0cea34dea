package io.annals.protocol;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;

/// Tells clients what the registered handlers serve, and nothing else.
final class ApiVersionsHandler implements RequestHandler<ApiVersionsRequest> {

    /// librdkafka compresses only for brokers that list Produce versions below 3, although nobody
    /// may use them: Kafka 4 lists them from 0 and refuses them, and so do we.
    private static final short PRODUCE_LISTED_FROM =
            ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION;

    private static final short FIRST_VERSION_WITH_IDENTITY = 5;

    /// Older clients do not take features whose range begins at 0 (KIP-1022): Kafka leaves them
    /// out.
    private static final short FEATURES_FROM_ZERO = 4;

    /// Levels are those of the program and never change while it runs.
    private static final long FEATURES_EPOCH = 0;

    private final RequestHandlers handlers;
    private final Optional<BrokerIdentity> identity;

    ApiVersionsHandler(RequestHandlers handlers, Optional<BrokerIdentity> identity) {
        this.handlers = handlers;
        this.identity = identity;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public Class<ApiVersionsRequest> requestType() {
        return ApiVersionsRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            ApiVersionsRequest request, RequestContext context) {
        ApiVersionsResponseData response =
                refusal(request)
                        .map(error -> new ApiVersionsResponseData().setErrorCode(error.code()))
                        .orElseGet(() -> withFeatures(supported(), request.version()));
        return CompletableFuture.completedFuture(Optional.of(response));
    }

    private ApiVersionsResponseData withFeatures(ApiVersionsResponseData response, short version) {
        response.setFinalizedFeaturesEpoch(FEATURES_EPOCH);
        for (ServedFeature feature : ServedFeature.values()) {
            if (!handlers.serves(feature.api())) {
                continue;
            }
            response.finalizedFeatures()
                    .add(
                            new ApiVersionsResponseData.FinalizedFeatureKey()
                                    .setName(feature.featureName())
                                    .setMinVersionLevel(feature.level())
                                    .setMaxVersionLevel(feature.level()));
            if (version >= FEATURES_FROM_ZERO) {
                response.supportedFeatures()
                        .add(
                                new ApiVersionsResponseData.SupportedFeatureKey()
                                        .setName(feature.featureName())
                                        .setMinVersion((short) 0)
                                        .setMaxVersion(feature.level()));
            }
        }
        return response;
    }

    private Optional<Errors> refusal(ApiVersionsRequest request) {
        if (!request.isValid()) {
            return Optional.of(Errors.INVALID_REQUEST);
        }
        String clusterId = request.data().clusterId();
        return request.version() >= FIRST_VERSION_WITH_IDENTITY && clusterId != null
                ? identity.filter(own ->
                                !own.equals(new BrokerIdentity(clusterId, request.data().nodeId())))
                        .map(_ -> Errors.REBOOTSTRAP_REQUIRED)
                : Optional.empty();
    }

    /// The answer, in version 0, to a request in a version that we do not know: in which versions
    /// to ask again.
    ApiVersionsResponseData unsupportedVersion() {
        ApiVersionsResponseData response =
                new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        response.apiKeys().add(versions(this, oldestVersion()));
        return response;
    }

    private ApiVersionsResponseData supported() {
        ApiVersionsResponseData response = new ApiVersionsResponseData();
        for (RequestHandler<?> handler : handlers.all()) {
            boolean isProduce = handler.apiKey() == ApiKeys.PRODUCE;
            response.apiKeys()
                    .add(
                            versions(
                                    handler,
                                    isProduce ? PRODUCE_LISTED_FROM : handler.oldestVersion()));
        }
        return response;
    }

    private static ApiVersionsResponseData.ApiVersion versions(
            RequestHandler<?> handler, short oldest) {
        return new ApiVersionsResponseData.ApiVersion()
                .setApiKey(handler.apiKey().id)
                .setMinVersion(oldest)
                .setMaxVersion(handler.latestVersion());
    }
}
