package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.List;

/// Whole record batches read from either tier, as they were sent. Valid until closed: hot ones are
/// slices of mapped memory. Not thread-safe.
public interface FetchedBatches extends AutoCloseable {

    /// The batches in offset order, each from position to limit; empty at the high watermark.
    List<ByteBuffer> batches();

    /// Ingest time of batch `i`, milliseconds.
    long ingestTimeMs(int i);

    /// Sum of the batches' sizes.
    int sizeBytes();

    /// Offset after the last record of the last batch; the offset asked for if there is no batch.
    long nextOffset();

    /// The aborted transactions that have an offset in what was read, in the order of their
    /// markers; empty unless committed records were asked for.
    default List<AbortedTransaction> abortedTransactions() {
        return List.of();
    }

    /// Lets the memory go. May be called from any thread, once.
    @Override
    void close();
}
