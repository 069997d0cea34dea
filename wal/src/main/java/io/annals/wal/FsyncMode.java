package io.annals.wal;

/// When an append is acknowledged, relative to the fsync that makes it durable.
public enum FsyncMode {
    /// After an fsync that covers it; appends that wait together share one.
    ALWAYS,
    /// After an fsync that covers it, which waits for a number of bytes or milliseconds, whichever
    /// is first.
    BATCH,
    /// Before the fsync, which follows within a period. A crash of the machine can lose
    /// acknowledged records.
    PERIODIC
}
