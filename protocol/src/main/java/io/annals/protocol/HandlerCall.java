package io.annals.protocol;

import io.netty.channel.Channel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has a handler do its work and makes an outcome of whatever comes of it, failures included.
final class HandlerCall {
    private static final Logger log = LoggerFactory.getLogger(HandlerCall.class);

    private HandlerCall() {}

    /// Completes normally, on whichever thread the handler completes on.
    ///
    /// @param channel for messages
    static <R extends AbstractRequest> CompletableFuture<Exchange.Outcome> of(
            RequestHandler<R> handler,
            AbstractRequest request,
            RequestContext context,
            Channel channel) {
        CompletableFuture<Optional<ApiMessage>> response;
        try {
            response = handler.handle(handler.requestType().cast(request), context);
        } catch (Throwable thrown) {
            response = CompletableFuture.failedFuture(thrown);
        }
        return response.handle((message, failure) ->
                failure == null
                        ? new Exchange.Outcome(message, false, false)
                        : failed(request, channel, failure));
    }

    private static Exchange.Outcome failed(
            AbstractRequest request, Channel channel, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        log.atWarn().setCause(cause).log("{} of {} failed", request.apiKey(), channel);
        AbstractResponse error = errorResponse(request, cause);
        return error == null
                ? new Exchange.Outcome(Optional.empty(), true, true)
                : new Exchange.Outcome(Optional.of(error.data()), true, false);
    }

    /// Null where Kafka has none, as for Produce with acks=0: then the connection is closed.
    private static @Nullable AbstractResponse errorResponse(
            AbstractRequest request, Throwable cause) {
        try {
            return request.getErrorResponse(0, cause);
        } catch (RuntimeException _) {
            return null;
        }
    }
}
