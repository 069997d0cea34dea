package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.registry.Registry;
import java.io.IOException;

/// What is asked when an object is gone that a generation of the registry refers to: has the
/// registry moved on? It was replaced or deleted then, and who looks again finds what took its
/// place; if not, it is really missing.
///
/// A server that writes knows every generation. A replica may be behind what was swept.
final class NewerGeneration {
    private NewerGeneration() {}

    /// Looks for generations that others committed; blocks on the object store.
    ///
    /// @param seen the generation that was looked at
    /// @param missing gets what keeps us from looking as suppressed
    static boolean isThere(Registry registry, long seen, NoSuchObjectException missing) {
        if (registry.snapshot().generation() != seen) {
            return true;
        }
        try {
            return registry.refresh().generation() != seen;
        } catch (IOException e) {
            missing.addSuppressed(e);
            return false;
        }
    }
}
