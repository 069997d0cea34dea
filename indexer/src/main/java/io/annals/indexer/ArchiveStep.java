package io.annals.indexer;

import java.io.IOException;

/// The steps of archiving one topic's share of a WAL segment, in order. After any of them the
/// process may die.
enum ArchiveStep {
    RECORDS_WRITTEN,
    SPLIT_WRITTEN,
    RECORDS_UPLOADED,
    SPLIT_UPLOADED,
    VERIFIED,
    COMMITTED,
    RELEASED;

    /// Hears of each step, for tests that end the process there.
    @FunctionalInterface
    interface Listener {
        Listener NONE = (_, _) -> {};

        void reached(ArchiveStep step, String walSegmentId) throws IOException;
    }
}
