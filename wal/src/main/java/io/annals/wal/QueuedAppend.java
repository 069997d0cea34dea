package io.annals.wal;

import java.util.List;

/// What callers hand to the writer of a shard: one append, or several that become one.
sealed interface QueuedAppend permits PendingAppend, AtomicAppend {

    List<PendingAppend> parts();

    /// Whether one part that is refused keeps all others from being written.
    boolean allOrNothing();

    /// Batches and their frame headers.
    long framedBytes();

    default void complete(AppendOutcome refusal) {
        parts().forEach(part -> part.future().complete(refusal));
    }
}
