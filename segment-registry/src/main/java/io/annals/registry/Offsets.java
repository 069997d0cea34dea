package io.annals.registry;

/// Offsets `[from, to)` of a partition.
public record Offsets(long from, long to) {}
