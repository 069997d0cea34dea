package io.annals.archive;

/// Reads of one [ReadPurpose] since the start.
///
/// @param requests ranged reads sent to the object store
/// @param bytes bytes they asked for
/// @param hits chunks (for [ReadPurpose#TAIL]: objects) that were there or on their way already
/// @param misses chunks (or objects) that had to be read
public record ReadCounts(long requests, long bytes, long hits, long misses) {}
