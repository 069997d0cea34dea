/// The transaction coordinator: which producer owns a transactional id, which partitions its
/// transaction has reached, and how the transaction ends (KIP-98, KIP-360, KIP-890).
///
/// Start at [TransactionRules] (every decision, as pure functions), [TransactionMetadata] (the
/// state of one transactional id), [TransactionCoordinator] (decisions made durable, in order, and
/// markers written) and [TransactionHandlers] (the APIs).
///
/// Threading: everything public is thread-safe. Each transactional id has a lock of its own that is
/// never held during I/O; no transaction waits for another.
///
/// How a transaction gets through a crash: `docs/adr/0069-transactions.md`.
@NullMarked
package io.annals.ingest.transaction;

import org.jspecify.annotations.NullMarked;
