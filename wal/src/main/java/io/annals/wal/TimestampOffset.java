package io.annals.wal;

/// A record found by time: its timestamp (event time, milliseconds) and its offset.
public record TimestampOffset(long timestampMs, long offset, int leaderEpoch) {}
