package io.annals.ingest.transaction;

import org.apache.kafka.common.protocol.Errors;

/// What the rules say to a request.
sealed interface Verdict {

    /// Make this the state; answer when it is durable.
    record Move(TransactionMetadata next) implements Verdict {}

    /// It is so already.
    record Unchanged() implements Verdict {}

    /// Nothing changes.
    record Refused(Errors error) implements Verdict {}
}
