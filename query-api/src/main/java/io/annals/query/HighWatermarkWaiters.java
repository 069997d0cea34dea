package io.annals.query;

import io.annals.wal.WalListener;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;

/// Who wants to hear when a partition can be read further. Register first, look at the log after
/// that: so no advance is missed. Thread-safe.
public final class HighWatermarkWaiters implements WalListener {
    private final Map<IsolationLevel, Map<TopicIdPartition, Set<Runnable>>> waiters =
            Map.of(
                    IsolationLevel.READ_UNCOMMITTED, new ConcurrentHashMap<>(),
                    IsolationLevel.READ_COMMITTED, new ConcurrentHashMap<>());

    private Map<TopicIdPartition, Set<Runnable>> waiters(IsolationLevel isolation) {
        return Objects.requireNonNull(waiters.get(isolation));
    }

    /// @param isolation what to wait for: the high watermark, or the last stable offset
    /// @param wake called on a writer thread, possibly often, until [#forget]: must return at once
    void register(
            Collection<TopicIdPartition> partitions, IsolationLevel isolation, Runnable wake) {
        for (TopicIdPartition partition : partitions) {
            waiters(isolation)
                    .compute(
                            partition,
                            (_, present) -> {
                                Set<Runnable> set =
                                        present == null ? ConcurrentHashMap.newKeySet() : present;
                                set.add(wake);
                                return set;
                            });
        }
    }

    void forget(Collection<TopicIdPartition> partitions, IsolationLevel isolation, Runnable wake) {
        for (TopicIdPartition partition : partitions) {
            waiters(isolation)
                    .computeIfPresent(
                            partition,
                            (_, present) -> {
                                present.remove(wake);
                                return present.isEmpty() ? null : present;
                            });
        }
    }

    @Override
    public void highWatermarkAdvanced(TopicIdPartition partition, long highWatermark) {
        wake(partition, IsolationLevel.READ_UNCOMMITTED);
    }

    @Override
    public void lastStableOffsetAdvanced(TopicIdPartition partition, long lastStableOffset) {
        wake(partition, IsolationLevel.READ_COMMITTED);
    }

    private void wake(TopicIdPartition partition, IsolationLevel isolation) {
        Set<Runnable> woken = waiters(isolation).get(partition);
        if (woken != null) {
            woken.forEach(Runnable::run);
        }
    }

    /// Partitions that somebody waits for.
    int size() {
        return waiters.values().stream().mapToInt(Map::size).sum();
    }
}
