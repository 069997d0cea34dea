package io.annals.ingest.transaction;

import io.annals.ingest.internal.InternalLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.NotEnoughReplicasException;

/// The end of a transaction with offsets of a group: written once, in one of two ways.
///
/// Together, as one append of the state and all markers, when the group coordinator's log has come
/// to the marker of the offsets; or, if the group coordinator cannot, the decision alone, which its
/// marker then has to follow. Whoever comes first decides which. Thread-safe.
final class JointEnd implements InternalLog.Joint {
    private static final long RETRY_MS = 50;
    private static final Executor RETRY =
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    private final Supplier<CompletionStage<Boolean>> together;
    private final Supplier<CompletionStage<Void>> alone;
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CompletableFuture<Boolean> written = new CompletableFuture<>();

    /// @param together hands over everything; true if it is durable, false if only the decision is
    /// @param alone hands over the decision
    JointEnd(Supplier<CompletionStage<Boolean>> together, Supplier<CompletionStage<Void>> alone) {
        this.together = together;
        this.alone = alone;
    }

    /// Completes when the transaction is decided, durably: with whether its markers are written.
    CompletableFuture<Boolean> written() {
        return written;
    }

    /// The group coordinator's log is at the marker.
    @Override
    public CompletionStage<Boolean> write() {
        begin(together);
        return written;
    }

    /// A marker that comes after a failure of the group coordinator must still find this joint,
    /// until the decision is durable.
    @Override
    public CompletionStage<?> decided() {
        return written;
    }

    /// The group coordinator takes no marker now.
    void writeAlone() {
        begin(() -> alone.get().thenApply(_ -> false));
    }

    private void begin(Supplier<CompletionStage<Boolean>> way) {
        if (begun.compareAndSet(false, true)) {
            handOver(way);
        }
    }

    /// Too late to refuse the client: if too much waits, so does this.
    private void handOver(Supplier<CompletionStage<Boolean>> way) {
        try {
            way.get()
                    .whenComplete((markers, failure) -> {
                        if (failure == null) {
                            written.complete(markers);
                        } else {
                            written.completeExceptionally(failure);
                        }
                    });
        } catch (NotEnoughReplicasException _) {
            RETRY.execute(() -> handOver(way));
        } catch (RuntimeException ended) {
            written.completeExceptionally(ended);
        }
    }
}
