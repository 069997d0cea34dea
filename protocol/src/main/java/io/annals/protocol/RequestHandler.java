package io.annals.protocol;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/// Answers the requests of one API key. Registering a handler is what advertises the API.
///
/// Called on the connection's event loop: return at once, do blocking work elsewhere.
public interface RequestHandler<R extends AbstractRequest> {

    ApiKeys apiKey();

    /// The class that [AbstractRequest] parses this API key into.
    Class<R> requestType();

    /// Oldest and newest version that is served; within what kafka-clients can parse.
    default short oldestVersion() {
        return apiKey().oldestVersion();
    }

    default short latestVersion() {
        return apiKey().latestVersion(false);
    }

    /// @return the response's message, empty for no response at all (acks=0). A future that fails
    ///   becomes the request's own error response. The request's buffers, record batches included,
    ///   stay valid until the future completes.
    CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context);
}
