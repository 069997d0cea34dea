package io.annals.registry;

/// A sign of life of an owner, or its farewell.
///
/// @param number 1, then one more with each renewal of an epoch
/// @param renewedAtMs wall clock of its machine, for people
/// @param released whether the owner left the archive to others
public record OwnerRenewal(long epoch, long number, long renewedAtMs, boolean released) {}
