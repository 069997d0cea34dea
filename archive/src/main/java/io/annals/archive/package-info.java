/// The warm tier: objects in an object store that any tar reader opens and that we seek in.
///
/// Start at [ObjectStore] (the port), [SeekableTar] and [SeekableTarWriter] (the container),
/// [RecordSegmentWriter] and [RecordSegments] (original batches by offset).
///
/// Threading: readers are thread-safe, writers are confined to one thread.
///
/// The formats are described in `docs/formats.md`, "Archive objects".
@NullMarked
package io.annals.archive;

import org.jspecify.annotations.NullMarked;
