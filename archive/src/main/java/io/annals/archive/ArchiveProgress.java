package io.annals.archive;

/// Hears how far a long walk over the object store is. Called from several threads, one at a time.
@FunctionalInterface
public interface ArchiveProgress {
    ArchiveProgress NONE = (_, _, _) -> {};

    /// @param doneObjects finished so far, of `totalObjects`
    /// @param doneBytes sum of their sizes
    void objectDone(long doneObjects, long totalObjects, long doneBytes);
}
