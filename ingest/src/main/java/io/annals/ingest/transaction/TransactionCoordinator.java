package io.annals.ingest.transaction;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.annals.ingest.transaction.TransactionRules.Addition;
import io.annals.ingest.transaction.TransactionRules.End;
import io.annals.ingest.transaction.TransactionRules.Initialization;
import io.annals.ingest.transaction.TransactionRules.Producer;
import io.annals.ingest.transaction.TransactionalId.Step;
import io.annals.ingest.transaction.Verdict.Move;
import io.annals.ingest.transaction.Verdict.Refused;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs transactions: asks [TransactionRules], makes what they say durable, answers, and sees every
/// decided transaction through to its last marker, across restarts.
///
/// An answer says what is durable. EndTxn is answered when the decision is: from then on the
/// transaction ends that way whatever happens. Where the log takes decision, markers and completion
/// as one append, they are all there then; otherwise markers and completion follow in the
/// background, as in Kafka. Only a commit of offsets waits for its markers, too, for a while:
/// clients without KIP-447 ask for what they have just committed without waiting for it to be
/// stable, and of Kafka, whose markers wait for no disk, they get it.
///
/// Thread-safe. Nothing blocks but what says so.
public final class TransactionCoordinator implements TransactionStates {
    private static final Logger logger = LoggerFactory.getLogger(TransactionCoordinator.class);

    /// How long a write waits for the transaction before to be ended, until the client is told to
    /// try again. Kafka waits for 100 ms here; ours includes two fsyncs.
    private static final long MAX_WAIT_MS = 1_000;

    /// How long the answer to a commit of offsets waits for its markers to be written and shown.
    static final long MAX_WAIT_FOR_OFFSETS_MS = 500;

    private static final Executor GIVE_UP =
            CompletableFuture.delayedExecutor(MAX_WAIT_MS, MILLISECONDS);

    private final TransactionLog log;
    private final TransactionMarkers markers;
    private final TransactionRules rules;
    private final TransactionConfig config;
    private final InstantSource clock;
    private final Map<String, TransactionalId> ids = new ConcurrentHashMap<>();
    private volatile boolean loaded;

    TransactionCoordinator(
            TransactionLog log,
            TransactionMarkers markers,
            TransactionConfig config,
            InstantSource clock,
            LongSupplier producerIds) {
        this.log = log;
        this.markers = markers;
        this.config = config;
        this.clock = clock;
        this.rules =
                new TransactionRules(Math.toIntExact(config.maxTimeout().toMillis()), producerIds);
    }

    /// An error, or the producer that the client is from now on.
    record Answer(Errors error, long producerId, short producerEpoch) {
        static Answer of(Errors error) {
            return new Answer(error, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH);
        }

        /// Of a decided transaction, what the producer is when it is completed.
        static Answer of(TransactionMetadata state) {
            TransactionMetadata next =
                    state.isEnding() ? state.completed(state.lastUpdateMs()) : state;
            return new Answer(Errors.NONE, next.producerId(), next.producerEpoch());
        }
    }

    /// Brings everything back, ends what was decided before the restart, and begins to answer.
    /// Blocks.
    ///
    /// A batch of a transaction and the record that adds its partition are on their way at the same
    /// time, so a crash can leave the batch alone. Such a partition is added now. What is open in a
    /// partition but belongs to no transaction that could ever commit is aborted.
    ///
    /// @throws IOException if the state cannot be read; call it again
    void load() throws IOException {
        Map<String, TransactionMetadata> states = log.load();
        states.forEach((id, state) -> entry(id).restore(state));
        OpenTransactions open = OpenTransactions.sort(markers.open(), states.values());
        open.lost().forEach(this::adopt);
        open.orphans().forEach(this::abortOrphan);
        states.values().stream().filter(TransactionMetadata::isEnding).forEach(this::finish);
        loaded = true;
        logger.atInfo().log("loaded {} transactional ids", states.size());
    }

    private void adopt(TransactionMetadata state, Set<TopicPartition> partitions) {
        Addition addition =
                new Addition(
                        new Producer(state.producerId(), state.producerEpoch()),
                        partitions,
                        TransactionRules.SERVER_VERSION);
        Step step =
                entry(state.transactionalId())
                        .step((current, settling) ->
                                rules.add(addition, current, settling, clock.millis()));
        logger.atInfo().log(
                "{} had written to {}: {}", state.transactionalId(), partitions, step.error());
    }

    private void abortOrphan(TransactionMarkers.Open open) {
        logger.atWarn().log("{} belongs to no transaction, it is aborted", open);
        markers.write(TransactionMarkers.Marker.abort(open), Set.of(open.partition()));
    }

    /// InitProducerId of a transactional producer. Blocks when a transactional id is new.
    CompletableFuture<Answer> initialize(Initialization request) {
        if (request.transactionalId().isEmpty()) {
            return answer(Errors.INVALID_REQUEST);
        }
        if (!rules.allowsTimeout(request.timeoutMs())) {
            return answer(Errors.INVALID_TRANSACTION_TIMEOUT);
        }
        if (!loaded) {
            return answer(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        }
        try {
            log.prepare(request.transactionalId());
        } catch (IOException failed) {
            logger.atWarn().setCause(failed).log("cannot keep the state of transactions");
            return answer(Errors.COORDINATOR_NOT_AVAILABLE);
        }
        TransactionalId id = entry(request.transactionalId());
        Step step =
                id.step((current, settling) ->
                        id.isForgotten()
                                ? new Refused(Errors.CONCURRENT_TRANSACTIONS)
                                : rules.initialize(request, current, settling, clock.millis()));
        return whenDurable(id, step)
                .thenApply(answer ->
                        answer.error() == Errors.NONE && step.metadata().orElseThrow().isEnding()
                                ? Answer.of(Errors.CONCURRENT_TRANSACTIONS)
                                : answer);
    }

    private TransactionalId entry(String transactionalId) {
        return ids.computeIfAbsent(transactionalId, name -> new TransactionalId(name, log));
    }

    /// Adds partitions to the transaction, durably before it answers.
    CompletableFuture<Errors> add(String transactionalId, Addition request) {
        Optional<Errors> unanswerable = unanswerable(transactionalId);
        if (unanswerable.isPresent()) {
            return CompletableFuture.completedFuture(unanswerable.get());
        }
        TransactionalId id = ids.get(transactionalId);
        return id == null
                ? CompletableFuture.completedFuture(Errors.INVALID_PRODUCER_ID_MAPPING)
                : admit(id, request, () -> {})
                        .thenCompose(step -> whenDurable(id, step))
                        .thenApply(Answer::error);
    }

    private Optional<Errors> unanswerable(String transactionalId) {
        if (transactionalId.isEmpty()) {
            return Optional.of(Errors.INVALID_REQUEST);
        }
        return loaded ? Optional.empty() : Optional.of(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    }

    private CompletableFuture<Step> admit(TransactionalId id, Addition request, Runnable action) {
        TransactionalId.Waiter waiter =
                id.admit(
                        (current, settling) ->
                                rules.add(request, current, settling, clock.millis()),
                        action);
        if (!waiter.admitted().isDone()) {
            GIVE_UP.execute(() -> id.giveUp(waiter));
        }
        return waiter.admitted();
    }

    /// Admits a write of a producer to partitions, or says why not.
    ///
    /// @param whenAdmitted hands the write to the log; runs before the transaction can be ended and
    ///   must not block
    /// @return NONE if it was admitted; [WriterLevel#told] says how to tell other errors
    public CompletableFuture<Errors> write(TransactionalWrite write, Runnable whenAdmitted) {
        Optional<Errors> unanswerable = unanswerable(write.transactionalId());
        if (unanswerable.isPresent()) {
            return CompletableFuture.completedFuture(unanswerable.get());
        }
        TransactionalId id = ids.get(write.transactionalId());
        if (id == null) {
            return CompletableFuture.completedFuture(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        Producer producer = new Producer(write.producerId(), write.producerEpoch());
        if (write.level() != WriterLevel.ADDS_PARTITIONS) {
            return CompletableFuture.completedFuture(
                    id.check(
                            current -> anyError(producer, write.partitions(), current),
                            whenAdmitted));
        }
        // The record that adds the partition may become durable with the write or after it: see
        // load() for a crash between the two.
        return admit(
                        id,
                        new Addition(producer, write.partitions(), TransactionRules.SERVER_VERSION),
                        whenAdmitted)
                .thenApply(Step::error);
    }

    private static Errors anyError(
            Producer producer,
            Set<TopicPartition> partitions,
            Optional<TransactionMetadata> current) {
        return TransactionRules.verify(producer, partitions, current).values().stream()
                .filter(error -> error != Errors.NONE)
                .findFirst()
                .orElse(Errors.NONE);
    }

    /// Whether partitions are in the transaction (AddPartitionsToTxn that only verifies).
    Map<TopicPartition, Errors> verify(
            String transactionalId, Producer producer, Set<TopicPartition> partitions) {
        Optional<Errors> unanswerable = unanswerable(transactionalId);
        if (unanswerable.isPresent()) {
            Map<TopicPartition, Errors> answers = new ConcurrentHashMap<>();
            partitions.forEach(partition -> answers.put(partition, unanswerable.get()));
            return answers;
        }
        return TransactionRules.verify(producer, partitions, state(transactionalId));
    }

    @Override
    public Optional<TransactionMetadata> state(String transactionalId) {
        return Optional.ofNullable(ids.get(transactionalId)).flatMap(TransactionalId::metadata);
    }

    @Override
    public List<TransactionMetadata> states() {
        return ids.values().stream().flatMap(id -> id.metadata().stream()).toList();
    }

    @Override
    public boolean isLoaded() {
        return loaded;
    }

    /// EndTxn. May block, for a new producer id when epochs are used up.
    CompletableFuture<Answer> end(String transactionalId, End request) {
        Optional<Errors> unanswerable = unanswerable(transactionalId);
        if (unanswerable.isPresent()) {
            return answer(unanswerable.get());
        }
        TransactionalId id = ids.get(transactionalId);
        if (id == null) {
            return answer(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        return whenDurable(
                id,
                id.step((current, settling) ->
                        rules.end(request, current, settling, clock.millis())));
    }

    private static CompletableFuture<Answer> answer(Errors error) {
        return CompletableFuture.completedFuture(Answer.of(error));
    }

    /// Answers when the step is durable, and goes on from there: waiters of a settled state are let
    /// in, a decided transaction is finished unless it came back completed.
    private CompletableFuture<Answer> whenDurable(TransactionalId id, Step step) {
        if (step.error() != Errors.NONE) {
            return answer(step.error());
        }
        TransactionMetadata handedOver = step.metadata().orElseThrow();
        CompletableFuture<Answer> answered = new CompletableFuture<>();
        step.durable()
                .whenComplete((newest, failure) -> {
                    if (failure == null) {
                        TransactionMetadata durable = newest.orElse(handedOver);
                        id.settled(handedOver, durable);
                        goOn(durable).thenRun(() -> answered.complete(Answer.of(durable)));
                    } else {
                        answered.complete(Answer.of(Errors.NOT_COORDINATOR));
                    }
                });
        return answered;
    }

    /// @return completes when a client may hear of it
    private CompletableFuture<Void> goOn(TransactionMetadata durable) {
        if (!durable.isEnding()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> finished = finish(durable);
        return durable.commitsOffsets()
                ? finished.completeOnTimeout(null, MAX_WAIT_FOR_OFFSETS_MS, MILLISECONDS)
                : CompletableFuture.completedFuture(null);
    }

    /// Writes the markers of a decided transaction, whose decision is durable, and completes it.
    ///
    /// @return completes when the markers are written or cannot be; never fails
    private CompletableFuture<Void> finish(TransactionMetadata prepared) {
        return markers.write(TransactionMarkers.Marker.of(prepared), prepared.partitions())
                .thenAccept(error -> {
                    if (error == Errors.NONE) {
                        complete(prepared);
                    } else {
                        logger.atError()
                                .log(
                                        "cannot write the markers of {}: {}; its transaction stays {}",
                                        prepared.transactionalId(),
                                        error,
                                        prepared.state());
                    }
                })
                .exceptionally(unexpected -> {
                    logger.atError()
                            .setCause(unexpected)
                            .log("cannot end the transaction of {}", prepared.transactionalId());
                    return null;
                });
    }

    private void complete(TransactionMetadata prepared) {
        TransactionalId id = entry(prepared.transactionalId());
        whenDurable(
                id,
                id.step((current, _) ->
                        current.filter(prepared::equals)
                                .<Verdict>map(_ -> new Move(prepared.completed(clock.millis())))
                                .orElseGet(() -> new Refused(Errors.INVALID_TXN_STATE))));
    }

    /// Aborts transactions that are open for longer than their producers wanted.
    void abortTimedOut() {
        if (!loaded) {
            return;
        }
        for (TransactionalId id : ids.values()) {
            if (id.metadata().filter(this::hasTimedOut).isPresent()) {
                Step step =
                        id.step((current, _) ->
                                current.filter(this::hasTimedOut)
                                        .map(state -> rules.fence(state, clock.millis()))
                                        .orElseGet(() -> new Refused(Errors.INVALID_TXN_STATE)));
                logger.atInfo().log("aborting a transaction of {}: timed out", id.name());
                whenDurable(id, step);
            }
        }
    }

    private boolean hasTimedOut(TransactionMetadata state) {
        return rules.hasTimedOut(state, clock.millis());
    }

    /// Forgets transactional ids that nobody used for long.
    void forgetExpired() {
        if (!loaded) {
            return;
        }
        long expirationMs = config.idExpiration().toMillis();
        ids.forEach((name, id) -> {
            if (id.forget(
                    state -> TransactionRules.hasExpired(state, expirationMs, clock.millis()))) {
                ids.remove(name, id);
            }
        });
    }
}
