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

    /// Version 5 adds a check of cluster and node id against misrouted connections, which is not
    /// served.
    private static final short LATEST_VERSION = 4;

    private final RequestHandlers handlers;

    ApiVersionsHandler(RequestHandlers handlers) {
        this.handlers = handlers;
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
    public short latestVersion() {
        return LATEST_VERSION;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            ApiVersionsRequest request, RequestContext context) {
        ApiVersionsResponseData response =
                request.isValid()
                        ? supported(Errors.NONE)
                        : new ApiVersionsResponseData().setErrorCode(Errors.INVALID_REQUEST.code());
        return CompletableFuture.completedFuture(Optional.of(response));
    }

    /// The answer, in version 0, to a request in a version that we do not know.
    ApiVersionsResponseData unsupportedVersion() {
        return supported(Errors.UNSUPPORTED_VERSION);
    }

    private ApiVersionsResponseData supported(Errors error) {
        ApiVersionsResponseData response = new ApiVersionsResponseData().setErrorCode(error.code());
        for (RequestHandler<?> handler : handlers.all()) {
            short oldest =
                    handler.apiKey() == ApiKeys.PRODUCE
                            ? PRODUCE_LISTED_FROM
                            : handler.oldestVersion();
            response.apiKeys()
                    .add(
                            new ApiVersionsResponseData.ApiVersion()
                                    .setApiKey(handler.apiKey().id)
                                    .setMinVersion(oldest)
                                    .setMaxVersion(handler.latestVersion()));
        }
        return response;
    }
}
