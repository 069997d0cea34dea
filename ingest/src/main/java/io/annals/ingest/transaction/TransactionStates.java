package io.annals.ingest.transaction;

import java.util.List;
import java.util.Optional;

/// What transactional ids are doing. Thread-safe.
interface TransactionStates {
    /// Whether everything there is is known already.
    boolean isLoaded();

    Optional<TransactionMetadata> state(String transactionalId);

    /// The states of all transactional ids, in no order.
    List<TransactionMetadata> states();
}
