/// Writes: Produce, topics and their settings, producer ids.
///
/// Start at [Ingest] (everything wired), [ProduceHandler] (what happens to a batch before the log
/// gets it), [TopicCatalog] (topics as the registry has them, and every way to change one) and
/// [TopicSettings].
///
/// Threading: handlers are called on event loops; what commits to the registry runs on virtual
/// threads. Everything public is thread-safe.
///
/// The APIs and versions served are listed in `docs/kafka-protocol.md`.
@NullMarked
package io.annals.ingest;

import org.jspecify.annotations.NullMarked;
