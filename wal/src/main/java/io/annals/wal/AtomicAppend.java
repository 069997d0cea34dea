package io.annals.wal;

import java.util.ArrayList;
import java.util.List;

/// Appends to partitions of one shard that are written as one: after a crash all of them are there,
/// or none.
///
/// @param parts published in this order
/// @param allOrNothing if one is refused, so are all; otherwise each is judged for itself, and what
///   is refused is left out
record AtomicAppend(List<PendingAppend> parts, boolean allOrNothing) implements QueuedAppend {

    /// As few as a segment's room and the group marks of frames allow; each part is one batch, and
    /// is judged for itself.
    static List<AtomicAppend> of(List<PendingAppend> parts, long room) {
        List<AtomicAppend> appends = new ArrayList<>(1);
        List<PendingAppend> together = new ArrayList<>();
        long bytes = 0;
        for (PendingAppend part : parts) {
            boolean isFull =
                    bytes + part.framedBytes() > room
                            || together.size() == FrameFormat.MAX_GROUP_FRAMES;
            if (isFull && !together.isEmpty()) {
                appends.add(new AtomicAppend(together, false));
                together = new ArrayList<>();
                bytes = 0;
            }
            together.add(part);
            bytes += part.framedBytes();
        }
        if (!together.isEmpty()) {
            appends.add(new AtomicAppend(together, false));
        }
        return appends;
    }

    @Override
    public long framedBytes() {
        return parts.stream().mapToLong(PendingAppend::framedBytes).sum();
    }
}
