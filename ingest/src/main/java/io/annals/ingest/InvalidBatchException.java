package io.annals.ingest;

import java.util.List;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;

/// A record batch that is refused before it reaches the log. Carries no stack trace: it is the
/// sender's doing, and may come often.
final class InvalidBatchException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errors error;
    private final transient List<BatchIndexAndErrorMessage> recordErrors;

    InvalidBatchException(Errors error, String message) {
        this(error, message, List.of());
    }

    /// @param recordErrors the records that are to blame, by their index within the batch
    InvalidBatchException(
            Errors error, String message, List<BatchIndexAndErrorMessage> recordErrors) {
        super(message, null, false, false);
        this.error = error;
        this.recordErrors = recordErrors;
    }

    Errors error() {
        return error;
    }

    List<BatchIndexAndErrorMessage> recordErrors() {
        return recordErrors;
    }
}
