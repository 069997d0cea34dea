package io.annals.indexer;

import io.annals.archive.ArchivedRun;
import io.annals.archive.SeekableTars;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.wal.BatchView;
import io.annals.wal.InvalidRecordsException;
import io.annals.wal.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;

/// The first pass of a compaction, over what is there: the latest offset of each key, the last
/// batch of each producer, and which transactions were aborted. Confined to one thread.
final class CompactionScan {
    private final SeekableTars tars;
    private final KeyOffsets keys;
    private final int maxBatchBytes;
    private final long producersFromMs;
    private final Closing closing;
    private final Map<Integer, Partition> partitions = new HashMap<>();
    private int read;
    private long seenToMs;

    /// @param keys gets the keys of the segments that were not compacted yet
    /// @param producersFromMs producers that appended nothing since are forgotten
    CompactionScan(
            SeekableTars tars,
            KeyOffsets keys,
            int maxBatchBytes,
            long producersFromMs,
            Closing closing) {
        this.tars = tars;
        this.keys = keys;
        this.maxBatchBytes = maxBatchBytes;
        this.producersFromMs = producersFromMs;
        this.closing = closing;
    }

    /// What is known of one partition.
    static final class Partition {
        /// By producer: the last offset of its last batch with data, and of its last marker.
        private final Map<Long, Long> lastData = new HashMap<>();

        private final Map<Long, Long> lastMarker = new HashMap<>();

        /// By producer: where the transaction began that has no marker yet.
        private final Map<Long, Long> open = new HashMap<>();

        /// By producer: first and last offset of each aborted transaction.
        private final Map<Long, List<long[]>> aborted = new HashMap<>();

        boolean isLastOfProducer(long producerId, long lastOffset, boolean isControl) {
            Long data = lastData.get(producerId);
            Long marker = lastMarker.get(producerId);
            return isControl
                    ? data == null && marker != null && marker == lastOffset
                    : data != null && data == lastOffset;
        }

        boolean isAborted(long producerId, long baseOffset) {
            return aborted.getOrDefault(producerId, List.of()).stream()
                    .anyMatch(range -> range[0] <= baseOffset && baseOffset <= range[1]);
        }
    }

    Partition partition(int partition) {
        return partitions.computeIfAbsent(partition, _ -> new Partition());
    }

    /// Ingest time up to which keys were learned.
    long seenToMs() {
        return seenToMs;
    }

    /// Reads as many of the segments as there is room for keys, and not past a transaction that is
    /// still open at the end of a segment.
    ///
    /// Records of aborted transactions do not count, and whether one was aborted is known at its
    /// marker only: keys of transactional batches are learned when all markers are.
    ///
    /// @param segments in the order of their appends, compacted ones first
    /// @return how many of them can be compacted with what was learned
    int read(List<RecordSegment> segments) throws IOException {
        List<Integer> boundaries = new ArrayList<>();
        List<RecordSegment> transactional = new ArrayList<>();
        for (RecordSegment segment : segments) {
            seenToMs = Math.max(seenToMs, SegmentOrder.ingestedToMs(segment));
            Pass pass = new Pass(segment, false);
            pass.run();
            if (!pass.fits) {
                break;
            }
            if (pass.hasTransactional) {
                transactional.add(segment);
            }
            read++;
            if (partitions.values().stream().allMatch(known -> known.open.isEmpty())) {
                boundaries.add(read);
            }
        }
        int limit = read;
        for (RecordSegment segment : transactional) {
            Pass pass = new Pass(segment, true);
            pass.run();
            if (!pass.fits) {
                limit = segments.indexOf(segment);
                break;
            }
        }
        int usable = 0;
        for (int boundary : boundaries) {
            usable = boundary <= limit ? boundary : usable;
        }
        return usable;
    }

    /// One pass over a segment.
    private final class Pass {
        private final RecordSegment segment;
        private final boolean second;
        private boolean fits = true;
        private boolean hasTransactional;

        /// @param second markers are known: learn the keys of transactional batches
        Pass(RecordSegment segment, boolean second) {
            this.segment = segment;
            this.second = second;
        }

        void run() throws IOException {
            try (RecordReader records = new RecordReader(maxBatchBytes)) {
                for (PartitionRange range : segment.ranges()) {
                    int partition = range.partition();
                    new ArchivedRun(tars, segment, partition)
                            .forEachBatch((bytes, ingestTimeMs) -> {
                                closing.check();
                                batch(partition, BatchView.of(bytes), ingestTimeMs, records);
                            });
                }
            }
        }

        private void batch(
                int partition, BatchView batch, long ingestTimeMs, RecordReader records) {
            Partition known = partition(partition);
            if (!second) {
                note(known, batch, ingestTimeMs);
            }
            boolean learns =
                    fits
                            && !segment.isCompacted()
                            && !batch.isControl()
                            && batch.isTransactional() == second
                            && !known.isAborted(batch.producerId(), batch.baseOffset());
            hasTransactional |= batch.isTransactional() && !segment.isCompacted();
            if (learns) {
                fits = learn(partition, batch, records);
            }
        }

        private boolean learn(int partition, BatchView batch, RecordReader records) {
            try {
                records.open(batch);
                while (records.next()) {
                    ByteBuffer key = records.key();
                    if (key != null && !keys.put(partition, key, records.offset())) {
                        return false;
                    }
                }
            } catch (InvalidRecordsException _) {
                // kept as it is, see CompactionFilter
            }
            return true;
        }
    }

    private void note(Partition partition, BatchView batch, long ingestTimeMs) {
        long producer = batch.producerId();
        if (producer < 0) {
            return;
        }
        if (ingestTimeMs >= producersFromMs) {
            (batch.isControl() ? partition.lastMarker : partition.lastData)
                    .put(producer, batch.lastOffset());
        }
        if (batch.isControl()) {
            Long first = partition.open.remove(producer);
            if (first != null && marker(batch).equals(Optional.of(ControlRecordType.ABORT))) {
                partition
                        .aborted
                        .computeIfAbsent(producer, _ -> new ArrayList<>())
                        .add(new long[] {first, batch.lastOffset()});
            }
        } else if (batch.isTransactional() && batch.recordCount() > 0) {
            partition.open.putIfAbsent(producer, batch.baseOffset());
        }
    }

    private static Optional<ControlRecordType> marker(BatchView batch) {
        for (Record record : batch.kafkaBatch()) {
            return Optional.of(ControlRecordType.parse(record.key()));
        }
        return Optional.empty();
    }
}
