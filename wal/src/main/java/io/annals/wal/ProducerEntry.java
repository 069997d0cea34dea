package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What is remembered of one producer in one partition: its epoch, its last batches, against which
/// a retry is recognised, and its open transaction. Confined to the shard's writer.
final class ProducerEntry {
    /// As many requests as a Kafka producer has in flight.
    static final int BATCHES_KEPT = 5;

    private static final short NO_EPOCH = -1;
    private static final int NO_COORDINATOR = -1;
    private static final long NO_TRANSACTION = -1;

    private short epoch = NO_EPOCH;
    private final Batch[] batches = new Batch[BATCHES_KEPT];
    private int kept;
    private long lastIngestTimeMs = -1;
    private long lastTimestampMs = -1;
    private int coordinatorEpoch = NO_COORDINATOR;
    private long transactionStartOffset = NO_TRANSACTION;

    /// @param endOffset offset after its last record
    record Batch(
            int firstSequence,
            int lastSequence,
            long baseOffset,
            long endOffset,
            long ingestTimeMs) {}

    static ProducerEntry inTransaction(OpenTransaction open, long ingestTimeMs) {
        ProducerEntry entry = new ProducerEntry();
        entry.epoch = open.producerEpoch();
        entry.transactionStartOffset = open.firstOffset();
        entry.lastIngestTimeMs = ingestTimeMs;
        entry.lastTimestampMs = ingestTimeMs;
        return entry;
    }

    ProducerEntry copy() {
        ProducerEntry copy = new ProducerEntry();
        copy.epoch = epoch;
        System.arraycopy(batches, 0, copy.batches, 0, kept);
        copy.kept = kept;
        copy.lastIngestTimeMs = lastIngestTimeMs;
        copy.lastTimestampMs = lastTimestampMs;
        copy.coordinatorEpoch = coordinatorEpoch;
        copy.transactionStartOffset = transactionStartOffset;
        return copy;
    }

    boolean isNew() {
        return epoch == NO_EPOCH;
    }

    short epoch() {
        return epoch;
    }

    long lastIngestTimeMs() {
        return lastIngestTimeMs;
    }

    /// Of the newest marker, -1 if there was none.
    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    boolean inTransaction() {
        return transactionStartOffset != NO_TRANSACTION;
    }

    /// -1 if no batch of this epoch is known.
    int lastSequence() {
        return kept == 0 ? -1 : batches[kept - 1].lastSequence;
    }

    @Nullable Batch duplicateOf(BatchView batch) {
        if (batch.producerEpoch() == epoch) {
            for (int i = 0; i < kept; i++) {
                Batch seen = batches[i];
                if (seen.firstSequence == batch.baseSequence()
                        && seen.lastSequence == lastSequence(batch)) {
                    return seen;
                }
            }
        }
        return null;
    }

    /// Takes in a batch that was accepted, with its offsets assigned.
    void add(BatchView batch, long ingestTimeMs) {
        if (batch.producerEpoch() != epoch) {
            epoch = batch.producerEpoch();
            kept = 0;
        }
        lastIngestTimeMs = ingestTimeMs;
        lastTimestampMs = batch.maxTimestampMs();
        if (batch.isControl()) {
            end(TransactionMarker.of(batch));
            return;
        }
        if (batch.isTransactional() && !inTransaction()) {
            transactionStartOffset = batch.baseOffset();
        }
        if (batch.baseSequence() < 0) {
            return;
        }
        if (kept == BATCHES_KEPT) {
            System.arraycopy(batches, 1, batches, 0, BATCHES_KEPT - 1);
            kept--;
        }
        batches[kept++] =
                new Batch(
                        batch.baseSequence(),
                        lastSequence(batch),
                        batch.baseOffset(),
                        batch.nextOffset(),
                        ingestTimeMs);
    }

    private void end(@Nullable TransactionMarker marker) {
        if (marker != null) {
            coordinatorEpoch = marker.coordinatorEpoch();
            transactionStartOffset = NO_TRANSACTION;
        }
    }

    ActiveProducer describe(long producerId) {
        return new ActiveProducer(
                producerId,
                epoch,
                lastSequence(),
                lastTimestampMs,
                coordinatorEpoch,
                inTransaction() ? OptionalLong.of(transactionStartOffset) : OptionalLong.empty());
    }

    OpenTransaction openTransaction(long producerId) {
        return new OpenTransaction(producerId, epoch, transactionStartOffset);
    }

    /// Whether it ever took part in a transaction: then [#encodeTransactions] has something to say.
    boolean isTransactional() {
        return inTransaction() || coordinatorEpoch != NO_COORDINATOR;
    }

    void encodeTransactions(DataOutputStream out) throws IOException {
        out.writeInt(coordinatorEpoch);
        out.writeLong(transactionStartOffset);
    }

    void decodeTransactions(ByteBuffer in) {
        coordinatorEpoch = in.getInt();
        transactionStartOffset = in.getLong();
    }

    void encodeTimestamp(DataOutputStream out) throws IOException {
        out.writeLong(lastTimestampMs);
    }

    void decodeTimestamp(ByteBuffer in) {
        lastTimestampMs = in.getLong();
    }

    /// Sequences wrap from the largest int to 0.
    static int lastSequence(BatchView batch) {
        return (int) (((long) batch.baseSequence() + batch.lastOffsetDelta()) & Integer.MAX_VALUE);
    }

    void encode(DataOutputStream out) throws IOException {
        out.writeShort(epoch);
        out.writeLong(lastIngestTimeMs);
        out.writeByte(kept);
        for (int i = 0; i < kept; i++) {
            Batch batch = batches[i];
            out.writeInt(batch.firstSequence);
            out.writeInt(batch.lastSequence);
            out.writeLong(batch.baseOffset);
            out.writeLong(batch.endOffset);
            out.writeLong(batch.ingestTimeMs);
        }
    }

    static ProducerEntry decode(ByteBuffer in) {
        ProducerEntry entry = new ProducerEntry();
        entry.epoch = in.getShort();
        entry.lastIngestTimeMs = in.getLong();
        entry.lastTimestampMs = entry.lastIngestTimeMs; // older files know no better
        entry.kept = in.get();
        for (int i = 0; i < entry.kept; i++) {
            entry.batches[i] =
                    new Batch(in.getInt(), in.getInt(), in.getLong(), in.getLong(), in.getLong());
        }
        return entry;
    }
}
