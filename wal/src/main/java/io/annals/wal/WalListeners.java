package io.annals.wal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everyone who listens to the log. One that throws disturbs neither the log nor the others.
final class WalListeners implements WalListener {
    private static final Logger LOG = LoggerFactory.getLogger(WalListeners.class);

    private final List<WalListener> all = new CopyOnWriteArrayList<>();

    void add(WalListener listener) {
        all.add(listener);
    }

    @Override
    public void highWatermarkAdvanced(TopicIdPartition partition, long highWatermark) {
        tell(listener -> listener.highWatermarkAdvanced(partition, highWatermark));
    }

    @Override
    public void lastStableOffsetAdvanced(TopicIdPartition partition, long lastStableOffset) {
        tell(listener -> listener.lastStableOffsetAdvanced(partition, lastStableOffset));
    }

    @Override
    public void segmentSealed(SealedSegment segment, boolean bySize) {
        tell(listener -> listener.segmentSealed(segment, bySize));
    }

    @Override
    public void synced(long bytes, long nanos) {
        tell(listener -> listener.synced(bytes, nanos));
    }

    @Override
    public void shardFailed(int shard, String message) {
        tell(listener -> listener.shardFailed(shard, message));
    }

    private void tell(Consumer<WalListener> news) {
        for (WalListener listener : all) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("listener {} failed", listener, e);
            }
        }
    }
}
