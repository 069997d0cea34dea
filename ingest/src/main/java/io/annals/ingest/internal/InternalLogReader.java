package io.annals.ingest.internal;

import io.annals.wal.FetchedBatches;
import java.io.IOException;
import org.apache.kafka.common.TopicIdPartition;

/// Reads a partition over both tiers. Blocks; call it from virtual threads.
public interface InternalLogReader {

    /// What there is to read.
    ///
    /// @throws IOException if there is no such partition
    Range range(TopicIdPartition partition) throws IOException;

    /// Whole batches, the first of which contains `offset` or is the first after a gap; the caller
    /// closes them.
    ///
    /// @throws IOException if the offset is out of range or its tier cannot be read: never a
    ///   shorter log
    FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes) throws IOException;

    /// Offsets `[logStartOffset, highWatermark)`.
    record Range(long logStartOffset, long highWatermark) {}
}
