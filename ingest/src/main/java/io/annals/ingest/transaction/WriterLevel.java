package io.annals.ingest.transaction;

import org.apache.kafka.common.protocol.Errors;

/// What a client that writes in a transaction knows, told by the version of its request (KIP-890).
public enum WriterLevel {
    /// Adds its partitions first. Knows no TRANSACTION_ABORTABLE.
    OLDEST,
    /// Adds its partitions first.
    KNOWS_ABORTABLE,
    /// Adds partitions by writing to them.
    ADDS_PARTITIONS;

    public static WriterLevel ofProduce(int apiVersion) {
        return apiVersion > 11 ? ADDS_PARTITIONS : apiVersion > 10 ? KNOWS_ABORTABLE : OLDEST;
    }

    public static WriterLevel ofTxnOffsetCommit(int apiVersion) {
        return apiVersion > 4 ? ADDS_PARTITIONS : apiVersion > 3 ? KNOWS_ABORTABLE : OLDEST;
    }

    /// As Kafka tells it. NOT_ENOUGH_REPLICAS is what every client tries again.
    public Errors told(Errors error) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> this == OLDEST ? Errors.INVALID_TXN_STATE : error;
            case CONCURRENT_TRANSACTIONS ->
                    this == ADDS_PARTITIONS ? error : Errors.NOT_ENOUGH_REPLICAS;
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR ->
                    Errors.NOT_ENOUGH_REPLICAS;
            default -> error;
        };
    }
}
