package io.annals.registry;

/// Where an archive object is and how to open it with one ranged read.
///
/// @param key key in the object store
/// @param sizeBytes whole object
/// @param tailPosition byte position where the tail starts (hot region, table of contents, footer)
/// @param sha256 of the whole object, lower-case hex; empty if it is not known (after a rebuild
///   that read the tails only)
public record ArchiveObject(String key, long sizeBytes, long tailPosition, String sha256) {}
