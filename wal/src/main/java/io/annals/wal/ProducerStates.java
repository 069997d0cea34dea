package io.annals.wal;

import io.annals.wal.AppendOutcome.Duplicate;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The idempotence of one shard: which sequence each producer must send next to each partition.
/// Kafka's rules. Confined to the shard's writer.
///
/// Bounded: beyond [#MAX_PRODUCERS] the one unheard of for longest is forgotten, and so is every
/// one unheard of for [#EXPIRY_MS]. A forgotten producer may go on with any sequence.
final class ProducerStates {
    static final int MAX_PRODUCERS = 100_000;

    /// As `producer.id.expiration.ms`: one day.
    static final long EXPIRY_MS = 86_400_000;

    private static final long NO_PRODUCER_ID = -1;

    private final LinkedHashMap<Key, ProducerEntry> entries =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, ProducerEntry> eldest) {
                    return size() > MAX_PRODUCERS;
                }
            };

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
        if (batch.isControl() || batch.baseSequence() < 0) {
            return null;
        }
        int expected = expectedSequence(entry, batch);
        if (batch.baseSequence() != expected) {
            return new Rejected(
                    Reason.OUT_OF_ORDER_SEQUENCE,
                    "producer %d epoch %d sent sequence %d, expected is %d"
                            .formatted(
                                    batch.producerId(),
                                    batch.producerEpoch(),
                                    batch.baseSequence(),
                                    expected));
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
        entry.add(batch, ingestTimeMs);
    }

    /// Takes back every [#add] since [#begin].
    void rollBack() {
        for (Undo step : undo.reversed()) {
            if (step.before == null) {
                entries.remove(step.key);
            } else {
                entries.put(step.key, step.before);
            }
        }
        undo.clear();
    }

    /// Forgets who was not heard of for long, and what belongs to a partition that is gone.
    void expire(long nowMs, Predicate<PartitionKey> gone) {
        Iterator<Map.Entry<Key, ProducerEntry>> all = entries.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Key, ProducerEntry> next = all.next();
            if (next.getValue().lastIngestTimeMs() < nowMs - EXPIRY_MS
                    || gone.test(next.getKey().partition)) {
                all.remove();
            }
        }
    }

    int size() {
        return entries.size();
    }

    void encode(DataOutputStream out) throws IOException {
        out.writeInt(entries.size());
        for (Map.Entry<Key, ProducerEntry> entry : entries.entrySet()) {
            entry.getKey().partition.encode(out);
            out.writeLong(entry.getKey().producerId);
            entry.getValue().encode(out);
        }
    }

    void decode(ByteBuffer in) {
        int count = in.getInt();
        for (int i = 0; i < count; i++) {
            PartitionKey partition = PartitionKey.decode(in);
            long producerId = in.getLong();
            entries.put(new Key(partition, producerId), ProducerEntry.decode(in));
        }
    }
}
