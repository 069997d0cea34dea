package io.annals.wal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The open transactions of one partition at one offset, oldest first: a function of the batches
/// before it. Confined to the shard's writer, or to its recovery.
final class OpenTransactions {
    /// By producer; in the order of their first offsets, since each began at the end of the log.
    private final Map<Long, OpenTransaction> byProducer = new LinkedHashMap<>();

    /// @param oldestFirst of different producers
    static OpenTransactions of(List<OpenTransaction> oldestFirst) {
        OpenTransactions open = new OpenTransactions();
        oldestFirst.forEach(open::add);
        return open;
    }

    /// Takes in the next batch.
    ///
    /// @return the transaction that it aborts, null if it does not
    @Nullable AbortedTransaction apply(BatchView batch) {
        if (!batch.isTransactional()) {
            return null;
        }
        long producerId = batch.producerId();
        if (!batch.isControl()) {
            OpenTransaction before = byProducer.get(producerId);
            if (before == null || before.producerEpoch() != batch.producerEpoch()) {
                long first = before == null ? batch.baseOffset() : before.firstOffset();
                add(new OpenTransaction(producerId, batch.producerEpoch(), first));
            }
            return null;
        }
        TransactionMarker marker = TransactionMarker.of(batch);
        if (marker == null) {
            return null;
        }
        OpenTransaction ended = byProducer.remove(producerId);
        return ended == null || marker.commit()
                ? null
                : new AbortedTransaction(producerId, ended.firstOffset(), batch.baseOffset());
    }

    private void add(OpenTransaction transaction) {
        byProducer.put(transaction.producerId(), transaction);
    }

    boolean isEmpty() {
        return byProducer.isEmpty();
    }

    /// Where the oldest one began, [Long#MAX_VALUE] if there is none.
    long firstOffset() {
        return isEmpty() ? Long.MAX_VALUE : byProducer.values().iterator().next().firstOffset();
    }

    List<OpenTransaction> list() {
        return List.copyOf(byProducer.values());
    }
}
