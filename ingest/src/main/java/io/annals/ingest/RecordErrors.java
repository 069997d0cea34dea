package io.annals.ingest;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;

/// Records of a batch that may not be in it, so that the producer hears of all of them (KIP-467),
/// up to a bound: a small batch can have millions. Not thread-safe.
final class RecordErrors {
    /// Named at most.
    static final int MOST = 1_000;

    private final List<BatchIndexAndErrorMessage> named = new ArrayList<>(0);
    private boolean anyTimestamp;

    /// @param record index within the batch
    void add(Errors error, int record, String message) {
        anyTimestamp |= error == Errors.INVALID_TIMESTAMP;
        if (named.size() < MOST) {
            named.add(
                    new BatchIndexAndErrorMessage()
                            .setBatchIndex(record)
                            .setBatchIndexErrorMessage(message));
        }
    }

    /// @throws InvalidBatchException if there is any; as in Kafka, a wrong time counts for more
    ///   than a missing key
    void throwIfAny() throws InvalidBatchException {
        if (!named.isEmpty()) {
            throw new InvalidBatchException(
                    anyTimestamp ? Errors.INVALID_TIMESTAMP : Errors.INVALID_RECORD,
                    named.getFirst().batchIndexErrorMessage(),
                    named);
        }
    }
}
