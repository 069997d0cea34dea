package io.annals.ingest.transaction;

import io.annals.ingest.transaction.Verdict.Move;
import io.annals.ingest.transaction.Verdict.Refused;
import io.annals.ingest.transaction.Verdict.Unchanged;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/// One transactional id at work: its state, the order of its log records, and who waits for its
/// transaction to be ended.
///
/// The state moves when its record is handed to the log, not when that is durable: records of one
/// id become durable in order, so whatever builds on a lost one is lost as well, and nobody is
/// answered before. Two transitions must not be built upon before they are durable: a new epoch
/// (two producers could get the same), and the completion of a transaction (batches of the next one
/// would carry the epoch of markers that a recovery may write again). Until then the id is
/// *settling*. A decided transaction is not built upon either: every request is refused until it is
/// completed.
///
/// Thread-safe: the lock of the object is held for decisions and for handing over, never for I/O.
final class TransactionalId {
    private final String name;
    private final TransactionLog log;
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

    private @Nullable TransactionMetadata metadata;
    private CompletionStage<Optional<TransactionMetadata>> newest =
            CompletableFuture.completedStage(Optional.empty());
    private boolean settling;
    private boolean forgotten;

    TransactionalId(String name, TransactionLog log) {
        this.name = name;
        this.log = log;
    }

    /// Decides on one request.
    @FunctionalInterface
    interface Decision {
        Verdict decide(Optional<TransactionMetadata> current, boolean settling);
    }

    /// What a decision led to.
    ///
    /// @param durable completes when the state is, with what is durable then: a decided transaction
    ///   may be completed; already complete if nothing changed
    record Step(
            Errors error,
            Optional<TransactionMetadata> metadata,
            CompletionStage<Optional<TransactionMetadata>> durable) {
        static Step refused(Errors error) {
            return new Step(
                    error, Optional.empty(), CompletableFuture.completedStage(Optional.empty()));
        }
    }

    /// Somebody who writes to the transaction, as soon as one can be open.
    record Waiter(Decision decision, Runnable whenAdmitted, CompletableFuture<Step> admitted) {}

    String name() {
        return name;
    }

    synchronized Optional<TransactionMetadata> metadata() {
        return Optional.ofNullable(metadata);
    }

    /// The id has expired: this object is out of use, look the id up again.
    synchronized boolean isForgotten() {
        return forgotten;
    }

    /// Takes over what was loaded.
    synchronized void restore(TransactionMetadata loaded) {
        metadata = loaded;
        newest = CompletableFuture.completedStage(Optional.of(loaded));
    }

    Step step(Decision decision) {
        return step(decision, () -> {});
    }

    /// @param whenTaken runs if the request is not refused, before what it changed is handed to the
    ///   log; must not block
    private synchronized Step step(Decision decision, Runnable whenTaken) {
        return switch (decision.decide(metadata(), settling)) {
            case Refused refused -> Step.refused(refused.error());
            case Unchanged _ -> {
                whenTaken.run();
                yield new Step(Errors.NONE, metadata(), newest);
            }
            case Move move -> move(move.next(), whenTaken);
        };
    }

    private Step move(TransactionMetadata next, Runnable whenTaken) {
        Optional<Errors> refused =
                append(() ->
                        next.isEnding()
                                ? log.end(next).thenApply(Optional::of)
                                : log.append(name, Optional.of(next), whenTaken)
                                        .thenApply(_ -> Optional.of(next)));
        if (refused.isPresent()) {
            return Step.refused(refused.get());
        }
        metadata = next;
        settling =
                switch (next.state()) {
                    case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT -> true;
                    case ONGOING, PREPARE_COMMIT, PREPARE_ABORT, DEAD, PREPARE_EPOCH_FENCE -> false;
                };
        return new Step(Errors.NONE, metadata(), newest);
    }

    /// @return why it was not appended, as Kafka tells its clients
    private Optional<Errors> append(
            Supplier<CompletionStage<Optional<TransactionMetadata>>> appending) {
        try {
            newest = appending.get();
            return Optional.empty();
        } catch (NotEnoughReplicasException tooMuchWaits) {
            return Optional.of(Errors.COORDINATOR_NOT_AVAILABLE);
        } catch (KafkaStorageException ended) {
            return Optional.of(Errors.NOT_COORDINATOR);
        }
    }

    /// What was handed to the log is durable. If it is the newest state, what waited for that goes
    /// on, in order.
    ///
    /// @param durable the same, or, of a decided transaction, the completed one
    void settled(TransactionMetadata handedOver, TransactionMetadata durable) {
        List<Runnable> completions = new ArrayList<>();
        synchronized (this) {
            if (!handedOver.equals(metadata)) {
                return;
            }
            metadata = durable;
            settling = false;
            Waiter first = waiters.peek();
            while (first != null && attempt(first, completions)) {
                waiters.remove();
                first = waiters.peek();
            }
        }
        completions.forEach(Runnable::run);
    }

    /// Runs `whenAdmitted` if `check` finds nothing wrong, before anything else can happen to the
    /// transaction.
    synchronized Errors check(
            Function<Optional<TransactionMetadata>, Errors> check, Runnable whenAdmitted) {
        Errors error = check.apply(metadata());
        if (error == Errors.NONE) {
            whenAdmitted.run();
        }
        return error;
    }

    /// Decides on a request to write to the transaction. While the one before is being ended it
    /// waits, behind those that wait already.
    ///
    /// @param whenAdmitted runs before anything else can happen to the transaction, in particular
    ///   before its markers are handed to the log; must not block
    /// @return is admitted, or not, when it was decided; see [#giveUp]
    Waiter admit(Decision decision, Runnable whenAdmitted) {
        Waiter waiter = new Waiter(decision, whenAdmitted, new CompletableFuture<>());
        List<Runnable> completions = new ArrayList<>(1);
        synchronized (this) {
            if (!waiters.isEmpty() || !attempt(waiter, completions)) {
                waiters.add(waiter);
            }
        }
        completions.forEach(Runnable::run);
        return waiter;
    }

    /// Ends a wait in [#admit], if it still lasts.
    void giveUp(Waiter waiter) {
        boolean waited;
        synchronized (this) {
            waited = waiters.remove(waiter);
        }
        if (waited) {
            waiter.admitted().complete(Step.refused(Errors.CONCURRENT_TRANSACTIONS));
        }
    }

    /// @return whether it was decided; false if it has to wait
    private boolean attempt(Waiter waiter, List<Runnable> completions) {
        Step step = step(waiter.decision(), waiter.whenAdmitted());
        if (step.error() == Errors.CONCURRENT_TRANSACTIONS) {
            return false;
        }
        completions.add(() -> waiter.admitted().complete(step));
        return true;
    }

    /// Forgets the id if `expired` says so, and nobody uses it.
    ///
    /// @return whether it did
    synchronized boolean forget(Predicate<TransactionMetadata> expired) {
        if (metadata == null
                || settling
                || !expired.test(metadata)
                || append(() ->
                                log.append(name, Optional.empty(), () -> {})
                                        .thenApply(_ -> Optional.empty()))
                        .isPresent()) {
            return false;
        }
        forgotten = true;
        metadata = null;
        return true;
    }
}
