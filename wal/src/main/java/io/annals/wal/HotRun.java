package io.annals.wal;

/// The batches that one segment holds of one partition.
record HotRun(WalSegment segment, BatchIndex index) {}
