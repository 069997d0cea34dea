package io.annals.ingest.transaction;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/// Answers an API whose work begins away from the event loop, because it may block, and ends when
/// something is durable.
///
/// @param executor begins the work; virtual threads
record AsyncHandler<R extends AbstractRequest>(
        ApiKeys apiKey,
        Class<R> requestType,
        Function<R, CompletableFuture<? extends ApiMessage>> work,
        Executor executor)
        implements RequestHandler<R> {

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context) {
        return CompletableFuture.supplyAsync(() -> work.apply(request), executor)
                .thenCompose(answer -> answer.thenApply(Optional::of));
    }
}
