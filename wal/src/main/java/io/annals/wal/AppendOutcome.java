package io.annals.wal;

/// What became of an append. A value, not an exception: the front door maps it to a Kafka error
/// code.
public sealed interface AppendOutcome {

    /// @param baseOffset offset of the first record
    /// @param endOffset offset after the last record
    /// @param ingestTimeMs server wall clock at the append
    record Appended(long baseOffset, long endOffset, long ingestTimeMs) implements AppendOutcome {}

    /// The producer's sequence was seen before: nothing was written, these are the offsets it got
    /// then.
    record Duplicate(long baseOffset, long endOffset, long ingestTimeMs) implements AppendOutcome {}

    /// Nothing was written, or (only for [Reason#STORAGE_ERROR]) nobody knows until recovery.
    record Rejected(Reason reason, String message) implements AppendOutcome {}

    enum Reason {
        UNKNOWN_PARTITION,
        OUT_OF_ORDER_SEQUENCE,
        INVALID_PRODUCER_EPOCH,
        /// A batch outside of transactions while the producer has one open.
        INVALID_TXN_STATE,
        /// A marker of a coordinator that a newer one has replaced.
        TRANSACTION_COORDINATOR_FENCED,
        /// More bytes than a WAL segment can hold.
        TOO_LARGE,
        /// The hot tier reached its bound because archiving does not keep up. Retriable.
        HOT_TIER_FULL,
        /// A write or fsync failed; the shard takes no more writes until the server restarts.
        /// Retriable.
        STORAGE_ERROR,
        CLOSED
    }
}
