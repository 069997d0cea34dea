package io.annals.wal;

import java.nio.file.Path;
import java.time.Duration;

/// Settings of the hot tier, validated by the server's settings.
///
/// @param directory `<data-dir>/wal`, owned by the log
/// @param shards append-only logs, one writer thread each; a partition lives in exactly one
/// @param segmentBytes a segment is sealed when it reaches this size
/// @param segmentAge a segment that holds a batch is sealed when its first batch is this old
/// @param maxBytes bound of the hot tier; appends are refused above it
/// @param batchFsyncBytes [FsyncMode#BATCH]: fsync when this many bytes wait
/// @param batchFsyncDelay [FsyncMode#BATCH]: fsync when the oldest waiting append is this old
/// @param periodicFsyncInterval [FsyncMode#PERIODIC]: at most this long between fsyncs
public record WalConfig(
        Path directory,
        int shards,
        long segmentBytes,
        Duration segmentAge,
        long maxBytes,
        long batchFsyncBytes,
        Duration batchFsyncDelay,
        Duration periodicFsyncInterval) {}
