package io.annals.wal;

import io.annals.wal.AppendOutcome.Duplicate;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The idempotence and the transactions of one shard: which sequence each producer must send next
/// to each partition, and which of them have a transaction open there. Kafka's rules. Confined to
/// the shard's writer.
///
/// Bounded: beyond [#MAX_PRODUCERS] the one unheard of for longest is forgotten, and so is every
/// one unheard of for [#EXPIRY_MS]. A forgotten producer may go on with any sequence. One with an
/// open transaction is not forgotten; there are at most [#MAX_PRODUCERS] of them, too.
final class ProducerStates {
    static final int MAX_PRODUCERS = 100_000;

    /// As `producer.id.expiration.ms`: one day.
    static final long EXPIRY_MS = 86_400_000;

    private static final long NO_PRODUCER_ID = -1;

    /// The one unheard of for longest first.
    private final LinkedHashMap<Key, ProducerEntry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private int inTransaction;

    /// State before the current append, to go back to if one of its batches is refused.
    private final List<Undo> undo = new ArrayList<>();

    private boolean undoable;

    private record Key(PartitionKey partition, long producerId) {}

    private record Undo(Key key, @Nullable ProducerEntry before) {}

    /// Begins an append. Only one of several batches can be refused after others were added.
    void begin(int batches) {
        undo.clear();
        undoable = batches > 1;
    }

    /// Judges one batch: null if it may be appended.
    @Nullable AppendOutcome check(PartitionKey partition, BatchView batch) {
        if (batch.producerId() == NO_PRODUCER_ID) {
            return null;
        }
        ProducerEntry entry = entries.get(new Key(partition, batch.producerId()));
        if (entry == null || !entry.inTransaction()) {
            AppendOutcome full = checkRoom(batch);
            if (full != null) {
                return full;
            }
        }
        if (entry == null || entry.isNew()) {
            return null;
        }
        ProducerEntry.Batch seen = entry.duplicateOf(batch);
        if (seen != null) {
            return new Duplicate(seen.baseOffset(), seen.endOffset(), seen.ingestTimeMs());
        }
        if (batch.producerEpoch() < entry.epoch()) {
            return new Rejected(
                    Reason.INVALID_PRODUCER_EPOCH,
                    "producer %d has epoch %d, the newest is %d"
                            .formatted(batch.producerId(), batch.producerEpoch(), entry.epoch()));
        }
        return batch.isControl() ? checkMarker(entry, batch) : checkData(entry, batch);
    }

    private @Nullable Rejected checkRoom(BatchView batch) {
        boolean begins = batch.isTransactional() && !batch.isControl();
        return begins && inTransaction >= MAX_PRODUCERS
                ? new Rejected(
                        Reason.HOT_TIER_FULL,
                        "%d transactions are open in one shard".formatted(inTransaction))
                : null;
    }

    private static @Nullable Rejected checkMarker(ProducerEntry entry, BatchView batch) {
        TransactionMarker marker = TransactionMarker.of(batch);
        if (marker == null || marker.coordinatorEpoch() >= entry.coordinatorEpoch()) {
            return null;
        }
        return new Rejected(
                Reason.TRANSACTION_COORDINATOR_FENCED,
                "coordinator epoch %d ends a transaction of producer %d, the newest is %d"
                        .formatted(
                                marker.coordinatorEpoch(),
                                batch.producerId(),
                                entry.coordinatorEpoch()));
    }

    private static @Nullable Rejected checkData(ProducerEntry entry, BatchView batch) {
        int expected = expectedSequence(entry, batch);
        if (batch.baseSequence() >= 0 && batch.baseSequence() != expected) {
            return new Rejected(
                    Reason.OUT_OF_ORDER_SEQUENCE,
                    "producer %d epoch %d sent sequence %d, expected is %d"
                            .formatted(
                                    batch.producerId(),
                                    batch.producerEpoch(),
                                    batch.baseSequence(),
                                    expected));
        }
        if (entry.inTransaction() && !batch.isTransactional()) {
            return new Rejected(
                    Reason.INVALID_TXN_STATE,
                    "producer %d has a transaction open and sent a batch outside of it"
                            .formatted(batch.producerId()));
        }
        return null;
    }

    private static int expectedSequence(ProducerEntry entry, BatchView batch) {
        if (batch.producerEpoch() != entry.epoch()) {
            return 0;
        }
        return (entry.lastSequence() + 1) & Integer.MAX_VALUE;
    }

    /// Takes in a batch that was accepted, with its offsets assigned.
    void add(PartitionKey partition, BatchView batch, long ingestTimeMs) {
        if (batch.producerId() == NO_PRODUCER_ID) {
            return;
        }
        Key key = new Key(partition, batch.producerId());
        ProducerEntry entry = entries.get(key);
        if (undoable) {
            undo.add(new Undo(key, entry == null ? null : entry.copy()));
        }
        if (entry == null) {
            entry = new ProducerEntry();
            entries.put(key, entry);
        }
        boolean before = entry.inTransaction();
        entry.add(batch, ingestTimeMs);
        count(before, entry.inTransaction());
        forgetEldest();
    }

    private void count(boolean wasInTransaction, boolean isInTransaction) {
        if (wasInTransaction != isInTransaction) {
            inTransaction += isInTransaction ? 1 : -1;
        }
    }

    /// One with an open transaction goes to the end of the queue instead: it is looked at again
    /// only after all the others.
    private void forgetEldest() {
        while (entries.size() - inTransaction > MAX_PRODUCERS) {
            Map.Entry<Key, ProducerEntry> eldest = entries.entrySet().iterator().next();
            if (eldest.getValue().inTransaction()) {
                entries.get(eldest.getKey());
            } else {
                entries.remove(eldest.getKey());
            }
        }
    }

    /// Takes a transaction over whose batches are elsewhere; its producer is forgotten otherwise.
    void adopt(PartitionKey partition, OpenTransaction open, long ingestTimeMs) {
        ProducerEntry before =
                entries.put(
                        new Key(partition, open.producerId()),
                        ProducerEntry.inTransaction(open, ingestTimeMs));
        count(before != null && before.inTransaction(), true);
    }

    /// Takes back every [#add] since [#begin].
    void rollBack() {
        for (Undo step : undo.reversed()) {
            ProducerEntry after =
                    step.before == null
                            ? entries.remove(step.key)
                            : entries.put(step.key, step.before);
            count(
                    after != null && after.inTransaction(),
                    step.before != null && step.before.inTransaction());
        }
        undo.clear();
    }

    /// Forgets who was not heard of for long and has no transaction open, and what belongs to a
    /// partition that is gone.
    void expire(long nowMs, Predicate<PartitionKey> gone) {
        Iterator<Map.Entry<Key, ProducerEntry>> all = entries.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Key, ProducerEntry> next = all.next();
            ProducerEntry entry = next.getValue();
            boolean old = entry.lastIngestTimeMs() < nowMs - EXPIRY_MS && !entry.inTransaction();
            if (old || gone.test(next.getKey().partition)) {
                count(entry.inTransaction(), false);
                all.remove();
            }
        }
    }

    int size() {
        return entries.size();
    }

    /// Those of one partition, the one unheard of for longest first.
    List<ActiveProducer> active(PartitionKey partition) {
        List<ActiveProducer> active = new ArrayList<>();
        entries.forEach((key, entry) -> {
            if (key.partition.equals(partition)) {
                active.add(entry.describe(key.producerId));
            }
        });
        return active;
    }

    /// The open transactions of each partition, oldest first.
    Map<PartitionKey, OpenTransactions> openTransactions() {
        Map<PartitionKey, List<OpenTransaction>> lists = new HashMap<>();
        entries.forEach((key, entry) -> {
            if (entry.inTransaction()) {
                lists.computeIfAbsent(key.partition, _ -> new ArrayList<>())
                        .add(entry.openTransaction(key.producerId));
            }
        });
        Map<PartitionKey, OpenTransactions> open = new HashMap<>();
        lists.forEach((partition, list) -> {
            list.sort(Comparator.comparingLong(OpenTransaction::firstOffset));
            open.put(partition, OpenTransactions.of(list));
        });
        return open;
    }

    /// Whether there is nothing to encode, which needs no newer version of the format.
    boolean isEmpty() {
        return entries.isEmpty();
    }

    void encode(DataOutputStream out) throws IOException {
        out.writeInt(entries.size());
        for (Map.Entry<Key, ProducerEntry> entry : entries.entrySet()) {
            encode(entry.getKey(), out);
            entry.getValue().encode(out);
        }
        if (!isEmpty()) {
            encodeTransactions(out);
            for (ProducerEntry entry : entries.values()) {
                entry.encodeTimestamp(out);
            }
        }
    }

    private static void encode(Key key, DataOutputStream out) throws IOException {
        key.partition.encode(out);
        out.writeLong(key.producerId);
    }

    private void encodeTransactions(DataOutputStream out) throws IOException {
        List<Map.Entry<Key, ProducerEntry>> transactional =
                entries.entrySet().stream().filter(e -> e.getValue().isTransactional()).toList();
        out.writeInt(transactional.size());
        for (Map.Entry<Key, ProducerEntry> entry : transactional) {
            encode(entry.getKey(), out);
            entry.getValue().encodeTransactions(out);
        }
    }

    /// Takes in what [#encode] wrote, or an older version without timestamps, or without
    /// transactions; `in` holds nothing else.
    void decode(ByteBuffer in) {
        List<ProducerEntry> inOrder = new ArrayList<>();
        for (int n = in.getInt(); n > 0; n--) {
            Key key = decodeKey(in);
            ProducerEntry entry = ProducerEntry.decode(in);
            entries.put(key, entry);
            inOrder.add(entry);
        }
        if (in.hasRemaining()) {
            for (int n = in.getInt(); n > 0; n--) {
                ProducerEntry entry =
                        entries.computeIfAbsent(decodeKey(in), _ -> new ProducerEntry());
                entry.decodeTransactions(in);
                count(false, entry.inTransaction());
            }
        }
        if (in.hasRemaining()) {
            inOrder.forEach(entry -> entry.decodeTimestamp(in));
        }
    }

    private static Key decodeKey(ByteBuffer in) {
        return new Key(PartitionKey.decode(in), in.getLong());
    }
}
