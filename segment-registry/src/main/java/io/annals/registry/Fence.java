package io.annals.registry;

import java.io.IOException;

/// What keeps a registry from writing to a store that another owner took (REG-14).
///
/// Thread-safe.
public interface Fence {

    /// For registries whose store nobody else writes, or that win by their deltas' numbers alone.
    Fence NONE =
            new Fence() {
                @Override
                public long epoch() {
                    return 0;
                }

                @Override
                public void admit(long epoch) {}

                @Override
                public void confirm() {}
            };

    /// Written into every delta.
    long epoch();

    /// @param epoch of a delta that was found
    /// @throws FencedException if a later owner wrote it
    void admit(long epoch) throws FencedException;

    /// Asks the store whether this is still the newest owner.
    ///
    /// @throws FencedException if it is not
    /// @throws IOException if the store does not tell
    void confirm() throws IOException;
}
