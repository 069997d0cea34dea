package io.annals.ingest.transaction;

import io.annals.ingest.transaction.Verdict.Move;
import io.annals.ingest.transaction.Verdict.Refused;
import io.annals.ingest.transaction.Verdict.Unchanged;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.transaction.TransactionState;

/// Every decision of the transaction coordinator, as Kafka 4 decides: from the state and the
/// request to the next state or an error. No I/O, no clock, no locks.
///
/// `settling` says that the newest transition is not durable yet; where the order of the checks
/// shows in the error code, it is Kafka's.
///
/// What EndTxn answers by state, at level 2 of `transaction.version` (KIP-890). *Retry* is a
/// request whose epoch is one behind, *current* one with the epoch of the state:
///
/// ```
///                 abort, retry | abort, current | commit, retry | commit, current
/// Empty           fenced       | aborts         | fenced        | INVALID_TXN_STATE
/// CompleteAbort   done         | aborts         | INVALID_TXN_S.| INVALID_TXN_STATE
/// CompleteCommit  INVALID_TXN_S| aborts         | done          | INVALID_TXN_STATE
/// ```
///
/// Below level 2 a retry is told from its state alone, and only an open transaction can end.
final class TransactionRules {
    /// Level that the server applies where no client asks: timeouts and fencing.
    static final short SERVER_VERSION = 2;

    private final int maxTimeoutMs;
    private final LongSupplier producerIds;

    /// @param producerIds makes new ones; may block
    TransactionRules(int maxTimeoutMs, LongSupplier producerIds) {
        this.maxTimeoutMs = maxTimeoutMs;
        this.producerIds = producerIds;
    }

    /// A producer id with an epoch, as clients name themselves.
    record Producer(long id, short epoch) {}

    /// @param expected what the producer believes to be (KIP-360), empty for a new one
    record Initialization(String transactionalId, int timeoutMs, Optional<Producer> expected) {}

    record Addition(Producer producer, Set<TopicPartition> partitions, short clientVersion) {}

    record End(Producer producer, boolean commit, short clientVersion) {
        private boolean bumpsEpoch() {
            return clientVersion >= TransactionMetadata.EPOCH_BUMPS_FROM;
        }
    }

    boolean allowsTimeout(int timeoutMs) {
        return timeoutMs > 0 && timeoutMs <= maxTimeoutMs;
    }

    /// InitProducerId. [Move] to PREPARE_ABORT means: the open transaction of the producer before
    /// is aborted first, and the client has to ask again.
    Verdict initialize(
            Initialization request,
            Optional<TransactionMetadata> current,
            boolean settling,
            long nowMs) {
        if (current.isEmpty()) {
            return new Move(
                    TransactionMetadata.first(
                            request.transactionalId(),
                            producerIds.getAsLong(),
                            request.timeoutMs(),
                            nowMs));
        }
        TransactionMetadata metadata = current.get();
        if (settling) {
            return new Refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        if (request.expected().isPresent() && !owns(request.expected().get(), metadata)) {
            return new Refused(Errors.PRODUCER_FENCED);
        }
        return switch (metadata.state()) {
            case PREPARE_COMMIT, PREPARE_ABORT -> new Refused(Errors.CONCURRENT_TRANSACTIONS);
            case ONGOING -> fence(metadata, nowMs);
            case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT -> nextEpoch(request, metadata, nowMs);
            case DEAD, PREPARE_EPOCH_FENCE -> throw neverEntered(metadata);
        };
    }

    /// A producer may go on under the id that it knows, or under the one before if it used up its
    /// epochs: then it may have missed the answer that told it the new one.
    private static boolean owns(Producer expected, TransactionMetadata metadata) {
        return expected.id() == metadata.producerId()
                || (expected.id() == metadata.previousProducerId()
                        && TransactionMetadata.isExhausted(expected.epoch()));
    }

    private Verdict nextEpoch(Initialization request, TransactionMetadata metadata, long nowMs) {
        Optional<Producer> expected = request.expected();
        short epoch = metadata.producerEpoch();
        boolean current = expected.isEmpty() || expected.get().epoch() == epoch;
        short lastEpoch = expected.isPresent() ? epoch : RecordBatch.NO_PRODUCER_EPOCH;
        if (current && metadata.isExhausted()) {
            return new Move(
                    metadata.rotated(
                            producerIds.getAsLong(), lastEpoch, request.timeoutMs(), nowMs));
        }
        if (current) {
            return new Move(
                    metadata.initialized(
                            (short) (epoch + 1), lastEpoch, request.timeoutMs(), nowMs));
        }
        // A repeated request whose answer was lost: the epoch it was given then.
        return expected.get().epoch() == metadata.lastProducerEpoch()
                ? new Move(
                        metadata.initialized(
                                epoch, metadata.lastProducerEpoch(), request.timeoutMs(), nowMs))
                : new Refused(Errors.PRODUCER_FENCED);
    }

    /// Aborts the open transaction with an epoch that no client has.
    Verdict fence(TransactionMetadata metadata, long nowMs) {
        return new Move(
                metadata.prepared(
                        new TransactionMetadata.Ending(
                                false, SERVER_VERSION, nextProducerId(metadata)),
                        nowMs));
    }

    boolean hasTimedOut(TransactionMetadata metadata, long nowMs) {
        return metadata.state() == TransactionState.ONGOING
                && metadata.startTimeMs() + metadata.timeoutMs() < nowMs;
    }

    /// AddPartitionsToTxn, AddOffsetsToTxn, and what a level 2 client adds by writing to it.
    Verdict add(
            Addition request, Optional<TransactionMetadata> current, boolean settling, long nowMs) {
        if (current.isEmpty()) {
            return new Refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        TransactionMetadata metadata = current.get();
        if (settling) {
            return new Refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        Errors wrongProducer = check(request.producer(), metadata);
        if (wrongProducer != Errors.NONE) {
            return new Refused(wrongProducer);
        }
        if (metadata.isEnding()) {
            return new Refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        if (metadata.state() == TransactionState.ONGOING
                && metadata.partitions().containsAll(request.partitions())) {
            return new Unchanged();
        }
        return new Move(metadata.adding(request.partitions(), request.clientVersion(), nowMs));
    }

    private static Errors check(Producer producer, TransactionMetadata metadata) {
        if (metadata.producerId() != producer.id()) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        return metadata.producerEpoch() == producer.epoch() ? Errors.NONE : Errors.PRODUCER_FENCED;
    }

    /// Whether each partition is in the open transaction of this producer.
    static Map<TopicPartition, Errors> verify(
            Producer producer,
            Set<TopicPartition> partitions,
            Optional<TransactionMetadata> current) {
        Errors error =
                current.map(metadata -> check(producer, metadata))
                        .orElse(Errors.INVALID_PRODUCER_ID_MAPPING);
        if (error == Errors.NONE && current.orElseThrow().isEnding()) {
            error = Errors.CONCURRENT_TRANSACTIONS;
        }
        Map<TopicPartition, Errors> answers = new HashMap<>();
        for (TopicPartition partition : partitions) {
            boolean missing =
                    error == Errors.NONE && !current.orElseThrow().partitions().contains(partition);
            answers.put(partition, missing ? Errors.TRANSACTION_ABORTABLE : error);
        }
        return answers;
    }

    /// EndTxn. [Unchanged]: a repeated request, whose outcome is the current state.
    Verdict end(End request, Optional<TransactionMetadata> current, boolean settling, long nowMs) {
        if (current.isEmpty()) {
            return new Refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        TransactionMetadata metadata = current.get();
        Producer producer = request.producer();
        boolean overflowed = request.bumpsEpoch() && isRetryOverOverflow(producer, metadata);
        boolean retry =
                overflowed
                        || (request.bumpsEpoch()
                                && metadata.producerEpoch() == producer.epoch() + 1);
        if (metadata.producerId() != producer.id() && !overflowed) {
            return new Refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (!mayEnd(metadata, producer, request.bumpsEpoch(), retry)) {
            return new Refused(Errors.PRODUCER_FENCED);
        }
        if (settling) {
            return new Refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        boolean decided = metadata.state() != TransactionState.ONGOING;
        if (!decided) {
            return prepare(request, metadata, nowMs);
        }
        return request.bumpsEpoch()
                ? endDecidedAtLevel2(request, metadata, retry, nowMs)
                : endDecided(request, metadata);
    }

    /// The epoch went from its last value to 0 of a new producer id, and the client missed it.
    private static boolean isRetryOverOverflow(Producer producer, TransactionMetadata metadata) {
        return metadata.previousProducerId() == producer.id()
                && producer.epoch() == Short.MAX_VALUE - 1
                && metadata.producerEpoch() == 0;
    }

    private static boolean mayEnd(
            TransactionMetadata metadata, Producer producer, boolean bumpsEpoch, boolean retry) {
        boolean same = producer.epoch() == metadata.producerEpoch();
        if (!bumpsEpoch) {
            return same;
        }
        return switch (metadata.state()) {
            case PREPARE_COMMIT, PREPARE_ABORT -> retry;
            case COMPLETE_COMMIT, COMPLETE_ABORT -> retry || same;
            case EMPTY, ONGOING -> same;
            case DEAD, PREPARE_EPOCH_FENCE -> throw neverEntered(metadata);
        };
    }

    private Verdict prepare(End request, TransactionMetadata metadata, long nowMs) {
        long next = request.bumpsEpoch() ? nextProducerId(metadata) : RecordBatch.NO_PRODUCER_ID;
        return new Move(
                metadata.prepared(
                        new TransactionMetadata.Ending(
                                request.commit(), request.clientVersion(), next),
                        nowMs));
    }

    private long nextProducerId(TransactionMetadata metadata) {
        return metadata.isExhausted() ? producerIds.getAsLong() : RecordBatch.NO_PRODUCER_ID;
    }

    private static Verdict endDecided(End request, TransactionMetadata metadata) {
        return switch (metadata.state()) {
            case COMPLETE_COMMIT -> request.commit() ? new Unchanged() : invalidState();
            case COMPLETE_ABORT -> request.commit() ? invalidState() : new Unchanged();
            case PREPARE_COMMIT, PREPARE_ABORT -> ending(request, metadata);
            case EMPTY, ONGOING -> invalidState();
            case DEAD, PREPARE_EPOCH_FENCE -> throw neverEntered(metadata);
        };
    }

    private Verdict endDecidedAtLevel2(
            End request, TransactionMetadata metadata, boolean retry, long nowMs) {
        return switch (metadata.state()) {
            case COMPLETE_COMMIT ->
                    retry
                            ? (request.commit() ? new Unchanged() : invalidState())
                            : abortNothing(request, metadata, nowMs);
            case COMPLETE_ABORT ->
                    retry && !request.commit()
                            ? new Unchanged()
                            : abortNothing(request, metadata, nowMs);
            case PREPARE_COMMIT, PREPARE_ABORT -> ending(request, metadata);
            case EMPTY, ONGOING -> abortNothing(request, metadata, nowMs);
            case DEAD, PREPARE_EPOCH_FENCE -> throw neverEntered(metadata);
        };
    }

    /// A client of level 2 that knows of no partition it reached, because the write failed, aborts
    /// to be sure: the epoch moves on, which fences the write if it is still on its way.
    private Verdict abortNothing(End request, TransactionMetadata metadata, long nowMs) {
        return request.commit() ? invalidState() : prepare(request, metadata, nowMs);
    }

    private static Verdict ending(End request, TransactionMetadata metadata) {
        boolean commits = metadata.state() == TransactionState.PREPARE_COMMIT;
        return request.commit() == commits
                ? new Refused(Errors.CONCURRENT_TRANSACTIONS)
                : invalidState();
    }

    private static Verdict invalidState() {
        return new Refused(Errors.INVALID_TXN_STATE);
    }

    /// Whether the transactional id may be forgotten: nothing open, and not heard of for long.
    static boolean hasExpired(TransactionMetadata metadata, long expirationMs, long nowMs) {
        return metadata.state().isExpirationAllowed()
                && metadata.lastUpdateMs() <= nowMs - expirationMs;
    }

    private static IllegalStateException neverEntered(TransactionMetadata metadata) {
        return new IllegalStateException(
                "%s is in state %s, which is never entered"
                        .formatted(metadata.transactionalId(), metadata.state()));
    }
}
