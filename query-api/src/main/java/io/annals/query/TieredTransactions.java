package io.annals.query;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.RecordSegments;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.SegmentTransactions;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;

/// Which transactions were aborted, over both tiers.
///
/// A transaction is told of by the segment that holds its marker, which may come long after its
/// records. So the archive is asked from the segment of the first record on, up to one at whose end
/// everything asked for was decided. The hot tier is asked first and the registry after it: what
/// slips from one into the other meanwhile is found twice, not missed.
///
/// Thread-safe; blocks on the object store.
final class TieredTransactions {
    /// Each retry needs a segment that was replaced in between.
    private static final int ATTEMPTS = 8;

    private final WriteAheadLog wal;
    private final Registry registry;
    private final RecordSegments segments;

    TieredTransactions(WriteAheadLog wal, Registry registry, RecordSegments segments) {
        this.wal = wal;
        this.registry = registry;
        this.segments = segments;
    }

    /// What a reader of committed records gets of batches that the archive gave. Closes them if it
    /// fails.
    LogRead.Found committed(TopicIdPartition partition, long offset, LogRead.Found found)
            throws IOException {
        CommittedBatches batches =
                CommittedBatches.below(found.bounds().lastStableOffset(), found.batches(), offset);
        try {
            List<AbortedTransaction> aborted = aborted(partition, offset, batches.nextOffset());
            return new LogRead.Found(batches.with(aborted), found.bounds());
        } catch (IOException | RuntimeException e) {
            batches.close();
            throw e;
        }
    }

    /// The aborted transactions that have an offset in `[fromOffset, toOffset)`, in the order of
    /// their markers.
    ///
    /// @param toOffset at most a last stable offset that was seen before
    List<AbortedTransaction> aborted(TopicIdPartition partition, long fromOffset, long toOffset)
            throws IOException {
        if (fromOffset >= toOffset) {
            return List.of();
        }
        for (int attempt = 1; ; attempt++) {
            List<AbortedTransaction> hot = wal.abortedTransactions(partition, fromOffset, toOffset);
            RegistrySnapshot snapshot = registry.snapshot();
            try {
                Set<AbortedTransaction> all = archived(snapshot, partition, fromOffset, toOffset);
                all.addAll(hot);
                return new ArrayList<>(all);
            } catch (NoSuchObjectException missing) { // replaced while we looked, or really gone
                if (attempt >= ATTEMPTS
                        || !NewerGeneration.isThere(registry, snapshot.generation(), missing)) {
                    throw missing;
                }
            }
        }
    }

    private Set<AbortedTransaction> archived(
            RegistrySnapshot snapshot, TopicIdPartition partition, long fromOffset, long toOffset)
            throws IOException {
        Set<AbortedTransaction> found = new LinkedHashSet<>();
        long at = fromOffset;
        long stableEnd = fromOffset;
        while (stableEnd < toOffset) {
            Optional<RecordSegment> segment =
                    snapshot.segmentFor(partition.topicId(), partition.partition(), at);
            if (segment.isEmpty()) {
                break; // the hot tier tells the rest
            }
            SegmentTransactions told = segments.transactions(segment.get(), partition.partition());
            for (AbortedTransaction aborted : told.aborted()) {
                if (aborted.overlaps(fromOffset, toOffset)) {
                    found.add(aborted);
                }
            }
            at = endOffset(segment.get(), partition);
            stableEnd = told.stableEndOffset(at);
        }
        return found;
    }

    private static long endOffset(RecordSegment segment, TopicIdPartition partition) {
        return segment.ranges().stream()
                .filter(range -> range.partition() == partition.partition())
                .mapToLong(PartitionRange::endOffset)
                .findFirst()
                .orElseThrow();
    }
}
