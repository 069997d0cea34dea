package io.annals.archive;

/// Writes one archive object to a local file: a tar.gz whose chunks can be read on their own.
/// Deterministic: the same entries give the same bytes. Confined to one thread.
final class SeekableTarWriter {}
