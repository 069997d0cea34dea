package io.annals.server;

import io.annals.ingest.internal.InternalLogReader;
import io.annals.query.LogRead;
import io.annals.query.PartitionBounds;
import io.annals.query.TieredLog;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import org.apache.kafka.common.TopicIdPartition;

/// Internal topics read through the tiered log: the plug between `ingest` and `query-api`.
record TieredInternalLog(TieredLog log) implements InternalLogReader {

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
        return switch (log.read(partition, offset, maxBytes)) {
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
