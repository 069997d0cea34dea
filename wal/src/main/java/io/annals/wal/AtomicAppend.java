package io.annals.wal;

import java.util.List;

/// Appends to different partitions of one shard that are written as one: after a crash all of them
/// are there, or none. Each is judged for itself; what is refused is left out.
record AtomicAppend(List<PendingAppend> parts) implements QueuedAppend {

    @Override
    public long framedBytes() {
        return parts.stream().mapToLong(PendingAppend::framedBytes).sum();
    }
}
