package io.annals.server;

import io.annals.ingest.internal.InternalLogReader;
import io.annals.query.LogRead;
import io.annals.query.PartitionBounds;
import io.annals.query.TieredLog;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import org.apache.kafka.common.TopicIdPartition;

/// Internal topics read through the tiered log: the plug between `ingest` and `query-api`. They are
/// compacted, and read to bring state back: what is archived comes compacted out of the archive,
/// unless there is so little of it in the hot tier that reading it there is no slower.
record TieredInternalLog(TieredLog log) implements InternalLogReader {
    private static final long LITTLE_BYTES = 1 << 20; // of one partition: 1 MiB

    @Override
    public Range range(TopicIdPartition partition) throws IOException {
        PartitionBounds bounds =
                log.bounds(partition)
                        .orElseThrow(() -> new IOException("there is no partition " + partition));
        return new Range(bounds.logStartOffset(), bounds.highWatermark());
    }

    @Override
    public FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes)
            throws IOException {
        return switch (log.readCompacted(partition, offset, maxBytes, LITTLE_BYTES)) {
            case LogRead.Found found -> found.batches();
            case LogRead.OutOfRange outOfRange ->
                    throw new IOException(
                            "offset %d of %s is not in [%d, %d)"
                                    .formatted(
                                            offset,
                                            partition,
                                            outOfRange.bounds().logStartOffset(),
                                            outOfRange.bounds().highWatermark()));
            case LogRead.UnknownPartition _ ->
                    throw new IOException("there is no partition " + partition);
        };
    }
}
