package io.annals.wal;

import java.util.OptionalLong;

/// What the log remembers of one producer in one partition (KIP-664, DescribeProducers).
///
/// @param lastSequence of its newest batch with this epoch, -1 if there is none
/// @param lastTimestampMs largest timestamp of its newest batch or marker
/// @param coordinatorEpoch of the newest marker, -1 if there is none
/// @param transactionStartOffset base offset of the first batch of its open transaction
public record ActiveProducer(
        long producerId,
        short producerEpoch,
        int lastSequence,
        long lastTimestampMs,
        int coordinatorEpoch,
        OptionalLong transactionStartOffset) {}
