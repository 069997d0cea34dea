package io.annals.registry;

/// Where a part of a checkpoint lies: an object with consecutive entries of one kind. Pages that
/// did not change belong to several checkpoints.
///
/// @param key in the registry's store
/// @param sizeBytes of the object
/// @param sha256 of the object's bytes, lower-case hex
/// @param entryCount record segments or index splits in it, at least 1
record CheckpointPage(String key, int sizeBytes, String sha256, int entryCount) {}
