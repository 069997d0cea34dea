package io.annals.registry;

/// What a delta object holds: the change that made a generation out of the one before.
///
/// @param writer who committed it; makes the bytes of two writers differ even if their changes do
///   not, so that only one of them can believe that it won
/// @param epoch of the owner of the archive who committed it, never lower than that of the delta
///   before; 0 of one that has no lease
public record Delta(
        long generation, long committedAtMs, String writer, long epoch, RegistryChange change) {}
