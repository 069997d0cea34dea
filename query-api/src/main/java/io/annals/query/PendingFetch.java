package io.annals.query;

import io.annals.protocol.RequestContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/// A fetch request until it is answered: with at least `min.bytes`, an error, or whatever there is
/// when `max.wait` is over.
///
/// ```
/// start: look -- enough --> answer
///          |-- archive needed --> virtual thread: read it all --> answer
///          '-- too little --> register, look again --> wait: woken / timeout / closed
/// ```
///
/// Woken by advancing high watermarks or last stable offsets, never by polling. Registering before
/// the second look closes the gap in which an advance could be missed. Confined to the connection's
/// event loop, except [#wake] and the archive read.
final class PendingFetch {

    /// @param blocking runs reads of the archive
    record Services(RoutedLog log, HighWatermarkWaiters waiters, Executor blocking) {}

    private final FetchAttempt.Wanted wanted;
    private final FetchContext fetch;
    private final RequestContext context;
    private final Services services;
    private final List<TopicIdPartition> partitions;
    private final Map<TopicIdPartition, Long> queried;
    private final CompletableFuture<Optional<ApiMessage>> answer = new CompletableFuture<>();
    private final AtomicBoolean lookScheduled = new AtomicBoolean();
    private final Runnable wake = this::wake;

    private @Nullable Future<?> timeout;
    private QueryTopicLog.Subscription subscription = QueryTopicLog.Subscription.NONE;
    private boolean over;

    PendingFetch(
            FetchAttempt.Wanted wanted,
            FetchContext fetch,
            RequestContext context,
            Services services) {
        this.wanted = wanted;
        this.fetch = fetch;
        this.context = context;
        this.services = services;
        this.partitions =
                wanted.partitions().stream()
                        .flatMap(partition -> partition.known().stream())
                        .filter(partition -> !services.log().isQueried(partition))
                        .toList();
        this.queried =
                wanted.partitions().stream()
                        .filter(partition ->
                                partition.known().filter(services.log()::isQueried).isPresent())
                        .collect(
                                Collectors.toMap(
                                        partition -> partition.known().orElseThrow(),
                                        partition -> partition.asked().fetchOffset(),
                                        Math::min));
    }

    CompletableFuture<Optional<ApiMessage>> start() {
        look(wanted.maxWaitMs() <= 0);
        if (!over) {
            services.waiters().register(partitions, wanted.isolation(), wake);
            subscription =
                    services.log().subscribe(queried, Duration.ofMillis(wanted.maxWaitMs()), wake);
            timeout =
                    context.eventLoop()
                            .schedule(() -> look(true), wanted.maxWaitMs(), TimeUnit.MILLISECONDS);
            context.closed().thenRun(this::abandon);
            look(false);
        }
        return answer;
    }

    /// @param isLast answer with whatever there is
    private void look(boolean isLast) {
        if (over) {
            return;
        }
        FetchAttempt attempt = new FetchAttempt(services.log(), wanted);
        try {
            if (!attempt.readHot()) {
                finish();
                services.blocking().execute(() -> readAll(attempt));
            } else if (isLast || isEnough(attempt)) {
                finish();
                answer.complete(Optional.of(fetch.respond(attempt.answers())));
            } else {
                attempt.discard();
            }
        } catch (RuntimeException unexpected) {
            attempt.discard();
            finish();
            answer.completeExceptionally(unexpected);
        }
    }

    private boolean isEnough(FetchAttempt attempt) {
        return attempt.failed() || attempt.bytes() >= wanted.minBytes() || !wanted.isReadable();
    }

    private void readAll(FetchAttempt attempt) {
        try {
            attempt.readAll();
            answer.complete(Optional.of(fetch.respond(attempt.answers())));
        } catch (RuntimeException unexpected) {
            attempt.discard();
            answer.completeExceptionally(unexpected);
        }
    }

    /// On a writer thread: hands the look over to the event loop, once.
    private void wake() {
        if (lookScheduled.compareAndSet(false, true)) {
            try {
                context.eventLoop()
                        .execute(() -> {
                            lookScheduled.set(false); // before looking: none is missed
                            look(false);
                        });
            } catch (RejectedExecutionException _) {
                // the server is going down, and the connection with it
            }
        }
    }

    private void abandon() {
        if (!over) {
            finish();
            answer.complete(Optional.empty());
        }
    }

    private void finish() {
        over = true;
        services.waiters().forget(partitions, wanted.isolation(), wake);
        subscription.close();
        if (timeout != null) {
            timeout.cancel(false);
        }
    }
}
