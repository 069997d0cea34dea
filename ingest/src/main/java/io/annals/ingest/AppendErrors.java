package io.annals.ingest;

import io.annals.wal.AppendOutcome;
import org.apache.kafka.common.protocol.Errors;

/// What clients are told of an append that the log refused.
public final class AppendErrors {
    private AppendErrors() {}

    /// Retriable reasons map to errors that every stock client retries without giving up the
    /// records (`docs/adr/0061-errors-that-producers-retry.md`).
    public static Errors of(AppendOutcome.Reason reason) {
        return switch (reason) {
            case UNKNOWN_PARTITION -> Errors.UNKNOWN_TOPIC_OR_PARTITION;
            case OUT_OF_ORDER_SEQUENCE -> Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
            case INVALID_PRODUCER_EPOCH -> Errors.INVALID_PRODUCER_EPOCH;
            case INVALID_TXN_STATE -> Errors.INVALID_TXN_STATE;
            case TRANSACTION_COORDINATOR_FENCED -> Errors.TRANSACTION_COORDINATOR_FENCED;
            case TOO_LARGE -> Errors.RECORD_LIST_TOO_LARGE;
            case HOT_TIER_FULL -> Errors.NOT_ENOUGH_REPLICAS;
            case STORAGE_ERROR -> Errors.KAFKA_STORAGE_ERROR;
            case CLOSED -> Errors.NOT_LEADER_OR_FOLLOWER;
        };
    }
}
