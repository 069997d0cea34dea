package io.annals.wal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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
        for (WalListener listener : all) {
            try {
                listener.highWatermarkAdvanced(partition, highWatermark);
            } catch (RuntimeException e) {
                LOG.error(
                        "listener failed at high watermark {} of {}", highWatermark, partition, e);
            }
        }
    }

    @Override
    public void segmentSealed(SealedSegment segment, boolean bySize) {
        for (WalListener listener : all) {
            try {
                listener.segmentSealed(segment, bySize);
            } catch (RuntimeException e) {
                LOG.error("listener failed at sealed segment {}", segment.id(), e);
            }
        }
    }
}
