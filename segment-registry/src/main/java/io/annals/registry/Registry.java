package io.annals.registry;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/// The catalogue: current generation in memory, every generation durable through [RegistryStore].
///
/// Thread-safe. Reads take no lock.
public interface Registry {

    /// The current generation.
    RegistrySnapshot snapshot();

    /// An older generation, as long as its objects are kept; empty if it is unknown or swept.
    Optional<RegistrySnapshot> snapshot(long generation) throws IOException;

    /// Commits a change computed from the current generation, as the next generation. Runs `change`
    /// again on the newer generation if another writer won. Durable when it returns.
    ///
    /// @param change returns empty if there is nothing to do
    /// @return the generation that now holds the change
    /// @throws RegistryConflictException if the change cannot apply
    RegistrySnapshot commit(Function<RegistrySnapshot, Optional<RegistryChange>> change)
            throws IOException;

    /// Reads what other writers committed, and what became of commits that failed with an
    /// `IOException`.
    RegistrySnapshot refresh() throws IOException;

    /// Makes sure that generations which ended before that time can be forgotten soon, also if
    /// little is committed: the newest two checkpoints always stay, so it writes one if the newest
    /// is that old, and a second one of the same state if nothing was committed since. Without
    /// commits, calling it again does nothing. Does nothing at a reader.
    ///
    /// @param timeMs wall clock, milliseconds
    default void settle(long timeMs) throws IOException {}

    /// Called after each new generation, on the committing thread: return at once.
    void addListener(java.util.function.Consumer<RegistrySnapshot> listener);
}
