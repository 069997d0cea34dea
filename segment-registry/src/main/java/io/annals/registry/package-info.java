/// The catalogue of topics, record segments and index splits, as numbered immutable generations.
///
/// Start at [Registry] (commit and snapshot), [RegistrySnapshot] (ordered maps that route fetch and
/// search), [RecordSegment] and [IndexSplit] (what is catalogued) and [RegistryStore] (the port it
/// is durable through).
///
/// Threading: snapshots are immutable and free to share; [Registry] is thread-safe.
///
/// The object formats are described in `docs/formats.md`, "Registry".
@NullMarked
package io.annals.registry;

import org.jspecify.annotations.NullMarked;
