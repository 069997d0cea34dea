package io.annals.wal;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says of each append whether it may enter the log, and gives it its offsets. Confined to the
/// shard's writer.
final class AppendJudge {
    private final ProducerStates producers;

    AppendJudge(ProducerStates producers) {
        this.producers = producers;
    }

    /// Checks the sequences and assigns the offsets of all batches, or of none.
    AppendOutcome assign(PendingAppend append, long ingestTimeMs) {
        Rejected gone = refuseIfGone(append);
        if (gone != null) {
            return gone;
        }
        PartitionKey key = append.partition().key();
        long baseOffset = append.partition().logEndOffset();
        long next = baseOffset;
        producers.begin(append.batches().size());
        for (BatchView batch : append.batches()) {
            AppendOutcome refused = producers.check(key, batch);
            if (refused != null) {
                producers.rollBack();
                return refused;
            }
            batch.assign(next, HotPartition.LEADER_EPOCH);
            if (append.request().logAppendTime()) {
                batch.stampLogAppendTime(ingestTimeMs);
            }
            producers.add(key, batch, ingestTimeMs);
            next = batch.nextOffset();
        }
        return new Appended(baseOffset, next, ingestTimeMs);
    }

    private static @Nullable Rejected refuseIfGone(PendingAppend append) {
        return append.partition().deleted()
                ? new Rejected(Reason.UNKNOWN_PARTITION, append.partition().id() + " was deleted")
                : null;
    }

    /// The first refusal by [#assign] of parts that are written all or not at all. Of several it is
    /// known beforehand: no producer is in two of them with the same partition. One alone is judged
    /// when it is assigned.
    ///
    /// @return null if there is none
    @Nullable AppendOutcome firstRefusal(List<PendingAppend> parts) {
        if (parts.size() > 1) {
            for (PendingAppend part : parts) {
                AppendOutcome refused = refusal(part);
                if (refused != null) {
                    return refused;
                }
            }
        }
        return null;
    }

    private @Nullable AppendOutcome refusal(PendingAppend part) {
        AppendOutcome refused = refuseIfGone(part);
        for (BatchView batch : part.batches()) {
            if (refused == null) {
                refused = producers.check(part.partition().key(), batch);
            }
        }
        return refused;
    }
}
