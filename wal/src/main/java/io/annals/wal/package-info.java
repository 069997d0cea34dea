/// The hot tier: a write-ahead log of Kafka record batches on local disk.
///
/// Start at [WriteAheadLog] (the port everything above sees), [FileWal] (its one-node
/// implementation), [BatchView] (how any tier looks at a batch) and [SealedSegment] (what the
/// indexer archives).
///
/// Threading: one writer thread per WAL shard; reads come from any thread and never block a writer.
///
/// The file format is described in `docs/formats.md`, "WAL segment".
@NullMarked
package io.annals.wal;

import org.jspecify.annotations.NullMarked;
