/// The topics that the server writes for itself, `__consumer_offsets` and `__transaction_state`:
/// made on first use, compacted, never indexed, closed to producers.
///
/// Start at [InternalTopics] (which there are, how they are made), [InternalLog] (the one writer of
/// a partition) and [InternalLogReader] (a partition read back over both tiers).
///
/// Threading: everything public is thread-safe; what may block says so.
///
/// Why state lives in topics: `docs/adr/0065-state-in-internal-topics.md`.
@NullMarked
package io.annals.ingest.internal;

import org.jspecify.annotations.NullMarked;
