package io.annals.indexer;

import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// Where the batches of a split come from: partition by partition, in offset order.
@FunctionalInterface
public interface BatchSource {

    void feed(BatchSink sink) throws IOException;

    /// The batches that sealed WAL segments hold of one topic.
    static BatchSource ofWal(Uuid topicId, List<SealedSegment> segments) {
        return sink -> {
            Map<Integer, TopicIdPartition> partitions = new TreeMap<>();
            for (SealedSegment segment : segments) {
                for (TopicIdPartition partition : segment.contents().keySet()) {
                    if (partition.topicId().equals(topicId)) {
                        partitions.put(partition.partition(), partition);
                    }
                }
            }
            for (TopicIdPartition partition : partitions.values()) {
                for (SealedSegment segment : segments) {
                    if (segment.contents().containsKey(partition)) {
                        segment.forEachBatch(
                                partition,
                                (batch, ingestTimeMs) ->
                                        sink.batch(partition.partition(), batch, ingestTimeMs));
                    }
                }
            }
        };
    }

    @FunctionalInterface
    interface BatchSink {
        /// @param batch one whole record batch, position to limit; valid only during the call
        void batch(int partition, ByteBuffer batch, long ingestTimeMs) throws IOException;
    }
}
