package io.annals.query;

import io.annals.wal.WalListener;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicIdPartition;

/// Who wants to hear when a partition can be read further. Register first, look at the log after
/// that: so no advance is missed. Thread-safe.
public final class HighWatermarkWaiters implements WalListener {
    private final Map<TopicIdPartition, Set<Runnable>> waiters = new ConcurrentHashMap<>();

    /// @param wake called on a writer thread, possibly often, until [#forget]: must return at once
    void register(Collection<TopicIdPartition> partitions, Runnable wake) {
        for (TopicIdPartition partition : partitions) {
            waiters.compute(
                    partition,
                    (_, present) -> {
                        Set<Runnable> set =
                                present == null ? ConcurrentHashMap.newKeySet() : present;
                        set.add(wake);
                        return set;
                    });
        }
    }

    void forget(Collection<TopicIdPartition> partitions, Runnable wake) {
        for (TopicIdPartition partition : partitions) {
            waiters.computeIfPresent(
                    partition,
                    (_, present) -> {
                        present.remove(wake);
                        return present.isEmpty() ? null : present;
                    });
        }
    }

    @Override
    public void highWatermarkAdvanced(TopicIdPartition partition, long highWatermark) {
        Set<Runnable> woken = waiters.get(partition);
        if (woken != null) {
            woken.forEach(Runnable::run);
        }
    }

    /// Partitions that somebody waits for.
    int size() {
        return waiters.size();
    }
}
