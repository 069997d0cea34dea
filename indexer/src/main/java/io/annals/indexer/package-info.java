/// Turns records into searchable indexes and sealed WAL segments into archive objects.
///
/// Start at [RecordMapping] (one mapping for hot and warm), [LiveIndex] (the hot tail, searchable
/// within a second), [SplitReaders] (archived indexes) and [Archiver] (seal to archive, exactly
/// once).
///
/// Threading: CPU-bound work on a bounded platform pool; readers are leased and thread-safe.
///
/// The index fields are described in `docs/formats.md`, "Index split".
@NullMarked
package io.annals.indexer;

import org.jspecify.annotations.NullMarked;
