package io.annals.ingest.transaction;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// Where the states of transactional ids are kept. Thread-safe.
interface TransactionLog {

    /// Everything that was appended and is durable, by transactional id. Blocks; to be called once,
    /// before anything is appended.
    ///
    /// @throws IOException if a part of it cannot be read
    Map<String, TransactionMetadata> load() throws IOException;

    /// Makes appends for this transactional id possible. Blocks.
    ///
    /// @throws IOException if the log cannot be made
    void prepare(String transactionalId) throws IOException;

    /// Appends the state of a transactional id, empty to forget it. Does not block; states of one
    /// id become durable in the order of these calls.
    ///
    /// @param taken runs when nothing can keep the state from the log any more, before it is handed
    ///   over; must not block
    /// @return completes when it is durable, exceptionally if it never will be: then nothing that
    ///   comes later will, until it is loaded again
    /// @throws org.apache.kafka.common.errors.KafkaStorageException if no more is taken
    /// @throws org.apache.kafka.common.errors.NotEnoughReplicasException if too much waits; nothing
    ///   was appended
    CompletionStage<Void> append(
            String transactionalId, Optional<TransactionMetadata> metadata, Runnable taken);

    /// Appends that a transaction is decided, as [#append]; where the log can, with its markers and
    /// as completed, all in one append. Nothing may be appended for the id until it is durable.
    ///
    /// @return completes with the state that is durable: `decided`, or the completed one
    CompletionStage<TransactionMetadata> end(TransactionMetadata decided);
}
