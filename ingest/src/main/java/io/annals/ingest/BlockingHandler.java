package io.annals.ingest;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/// Answers an API whose work may block, away from the event loop.
///
/// @param executor runs the work; virtual threads
record BlockingHandler<R extends AbstractRequest>(
        ApiKeys apiKey,
        Class<R> requestType,
        short latestVersion,
        BiFunction<R, RequestContext, ApiMessage> work,
        Executor executor)
        implements RequestHandler<R> {

    static <R extends AbstractRequest> BlockingHandler<R> of(
            ApiKeys apiKey,
            Class<R> requestType,
            BiFunction<R, RequestContext, ApiMessage> work,
            Executor executor) {
        return new BlockingHandler<>(
                apiKey, requestType, apiKey.latestVersion(false), work, executor);
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context) {
        return CompletableFuture.supplyAsync(
                () -> Optional.of(work.apply(request, context)), executor);
    }
}
