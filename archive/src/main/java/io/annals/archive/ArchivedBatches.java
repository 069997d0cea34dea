package io.annals.archive;

import io.annals.wal.FetchedBatches;
import java.nio.ByteBuffer;
import java.util.List;

/// Batches of a record segment: read-only views of cached chunks. Closing does nothing, the garbage
/// collector takes them.
record ArchivedBatches(
        List<ByteBuffer> batches, long[] ingestTimesMs, int sizeBytes, long nextOffset)
        implements FetchedBatches {

    static ArchivedBatches none(long offset) {
        return new ArchivedBatches(List.of(), new long[0], 0, offset);
    }

    @Override
    public long ingestTimeMs(int i) {
        return ingestTimesMs[i];
    }

    @Override
    public void close() {}
}
