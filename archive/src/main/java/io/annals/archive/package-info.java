/// The warm tier: objects in an object store that any tar reader opens and that we seek in.
///
/// Start at [ObjectStore] (the port), [SeekableTarWriter] and [CachedTars] (the container, written
/// and read), [RecordSegmentWriter] and [SeekableRecordSegments] (original batches by offset).
///
/// Threading: readers are thread-safe, writers are confined to one thread.
///
/// The formats are described in `docs/formats/archive-objects.md` and
/// `docs/formats/record-segment.md`.
@NullMarked
package io.annals.archive;

import org.jspecify.annotations.NullMarked;
