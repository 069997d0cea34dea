package io.annals.ingest.transaction;

import io.annals.ingest.internal.InternalTopic;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.transaction.TransactionState;

/// The state of one transactional id. A value: each transition makes the next one.
///
/// @param previousProducerId producer id before the newest transition, -1 if there was none
/// @param nextProducerId takes over when the transaction completes, because the epochs of
///   `producerId` are used up; -1 if they are not
/// @param lastProducerEpoch epoch that the producer had before, for retries (KIP-360); -1 if nobody
///   may claim it. Not kept in the log, as in Kafka
/// @param timeoutMs after which an open transaction is aborted
/// @param startTimeMs of the open or the last transaction, -1 if there was none
/// @param clientVersion level of `transaction.version` that the client speaks: 2 bumps the epoch
///   with each transaction (KIP-890)
record TransactionMetadata(
        String transactionalId,
        long producerId,
        long previousProducerId,
        long nextProducerId,
        short producerEpoch,
        short lastProducerEpoch,
        int timeoutMs,
        TransactionState state,
        Set<TopicPartition> partitions,
        long startTimeMs,
        long lastUpdateMs,
        short clientVersion) {
    static final short EPOCH_BUMPS_FROM = 2;

    private static final long NO_TIME = -1;

    TransactionMetadata {
        partitions = Set.copyOf(partitions);
    }

    /// The first state of a transactional id.
    static TransactionMetadata first(
            String transactionalId, long producerId, int timeoutMs, long nowMs) {
        return new TransactionMetadata(
                transactionalId,
                producerId,
                producerId,
                RecordBatch.NO_PRODUCER_ID,
                (short) 0,
                RecordBatch.NO_PRODUCER_EPOCH,
                timeoutMs,
                TransactionState.EMPTY,
                Set.of(),
                NO_TIME,
                nowMs,
                (short) 0);
    }

    /// The largest epoch is kept for the coordinator, which must always be able to fence.
    static boolean isExhausted(short epoch) {
        return epoch >= Short.MAX_VALUE - 1;
    }

    boolean isExhausted() {
        return isExhausted(producerEpoch);
    }

    boolean isEnding() {
        return state == TransactionState.PREPARE_COMMIT || state == TransactionState.PREPARE_ABORT;
    }

    /// Whether offsets of a group begin to count when its markers are written.
    boolean commitsOffsets() {
        return state == TransactionState.PREPARE_COMMIT
                && partitions.stream().anyMatch(TransactionMetadata::isOfOffsets);
    }

    /// Of `__consumer_offsets`, the one that the transaction has offsets in; empty if there is none
    /// or several.
    OptionalInt onlyPartitionOfOffsets() {
        int[] offsets =
                partitions.stream()
                        .filter(TransactionMetadata::isOfOffsets)
                        .mapToInt(TopicPartition::partition)
                        .toArray();
        return offsets.length == 1 ? OptionalInt.of(offsets[0]) : OptionalInt.empty();
    }

    static boolean isOfOffsets(TopicPartition partition) {
        return partition.topic().equals(InternalTopic.CONSUMER_OFFSETS.topicName());
    }

    /// A producer has announced itself: no transaction, and this epoch.
    TransactionMetadata initialized(short epoch, short lastEpoch, int newTimeoutMs, long nowMs) {
        return new TransactionMetadata(
                transactionalId,
                producerId,
                producerId,
                nextProducerId,
                epoch,
                lastEpoch,
                newTimeoutMs,
                TransactionState.EMPTY,
                Set.of(),
                NO_TIME,
                nowMs,
                clientVersion);
    }

    /// As [#initialized], under a new producer id, because the epochs of the old one are used up.
    TransactionMetadata rotated(long newProducerId, short lastEpoch, int newTimeoutMs, long nowMs) {
        return new TransactionMetadata(
                transactionalId,
                newProducerId,
                producerId,
                nextProducerId,
                (short) 0,
                lastEpoch,
                newTimeoutMs,
                TransactionState.EMPTY,
                Set.of(),
                NO_TIME,
                nowMs,
                clientVersion);
    }

    /// The transaction, begun with this if none is open, reaches these partitions as well.
    TransactionMetadata adding(Set<TopicPartition> added, short byClientVersion, long nowMs) {
        Set<TopicPartition> all = new HashSet<>(partitions);
        all.addAll(added);
        return new TransactionMetadata(
                transactionalId,
                producerId,
                producerId,
                nextProducerId,
                producerEpoch,
                lastProducerEpoch,
                timeoutMs,
                TransactionState.ONGOING,
                all,
                state == TransactionState.ONGOING ? startTimeMs : nowMs,
                nowMs,
                byClientVersion);
    }

    /// The transaction is decided. At level 2 its markers carry the next epoch, which fences
    /// whatever of it is still on its way.
    TransactionMetadata prepared(Ending ending, long nowMs) {
        boolean bumps = ending.clientVersion() >= EPOCH_BUMPS_FROM;
        boolean last = producerEpoch == Short.MAX_VALUE;
        return new TransactionMetadata(
                transactionalId,
                producerId,
                producerId,
                ending.nextProducerId(),
                bumps && !last ? (short) (producerEpoch + 1) : producerEpoch,
                bumps ? producerEpoch : lastProducerEpoch,
                timeoutMs,
                ending.commit() ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
                partitions,
                state == TransactionState.ONGOING ? startTimeMs : nowMs,
                nowMs,
                ending.clientVersion());
    }

    /// @param nextProducerId -1 to keep the one there is
    record Ending(boolean commit, short clientVersion, long nextProducerId) {}

    /// Every marker is written.
    TransactionMetadata completed(long nowMs) {
        boolean rotates =
                clientVersion >= EPOCH_BUMPS_FROM && nextProducerId != RecordBatch.NO_PRODUCER_ID;
        return new TransactionMetadata(
                transactionalId,
                rotates ? nextProducerId : producerId,
                producerId,
                RecordBatch.NO_PRODUCER_ID,
                rotates ? 0 : producerEpoch,
                lastProducerEpoch,
                timeoutMs,
                state == TransactionState.PREPARE_COMMIT
                        ? TransactionState.COMPLETE_COMMIT
                        : TransactionState.COMPLETE_ABORT,
                Set.of(),
                startTimeMs,
                nowMs,
                clientVersion);
    }
}
