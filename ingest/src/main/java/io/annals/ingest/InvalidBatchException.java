package io.annals.ingest;

import java.util.List;
import java.util.OptionalInt;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;

/// A record batch that is refused before it reaches the log. Carries no stack trace: it is the
/// sender's doing, and may come often.
final class InvalidBatchException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errors error;
    private final OptionalInt record;

    InvalidBatchException(Errors error, String message) {
        this(error, message, OptionalInt.empty());
    }

    /// @param record index within the batch of the record that is to blame
    InvalidBatchException(Errors error, String message, OptionalInt record) {
        super(message, null, false, false);
        this.error = error;
        this.record = record;
    }

    Errors error() {
        return error;
    }

    List<BatchIndexAndErrorMessage> recordErrors() {
        return record.isEmpty()
                ? List.of()
                : List.of(
                        new BatchIndexAndErrorMessage()
                                .setBatchIndex(record.getAsInt())
                                .setBatchIndexErrorMessage(getMessage()));
    }
}
