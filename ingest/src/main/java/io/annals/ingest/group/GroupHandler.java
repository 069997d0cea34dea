package io.annals.ingest.group;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/// Answers an API from the coordinator's future. A failure that is one of Kafka's errors becomes
/// the request's own error response.
record GroupHandler<R extends AbstractRequest>(
        ApiKeys apiKey,
        Class<R> requestType,
        BiFunction<R, RequestContext, CompletableFuture<? extends ApiMessage>> work)
        implements RequestHandler<R> {

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context) {
        return work.apply(request, context)
                .<ApiMessage>thenApply(response -> response)
                .exceptionally(failure -> errorResponse(request, failure))
                .thenApply(Optional::of);
    }

    private static ApiMessage errorResponse(AbstractRequest request, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        if (cause instanceof ApiException) {
            return request.getErrorResponse(0, cause).data();
        }
        throw new CompletionException(cause);
    }
}
