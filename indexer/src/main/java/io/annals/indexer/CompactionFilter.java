package io.annals.indexer;

import io.annals.wal.AbortedTransaction;
import io.annals.wal.BatchView;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetention;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetentionResult;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/// The second pass of a compaction: what stays of each batch, by the rules of Kafka's log cleaner.
///
/// A record stays if its key has no later one, a tombstone at most until its delete horizon, which
/// the first compaction that meets it sets; records without a key and of aborted transactions go.
/// What stays keeps its offset, timestamp, producer id and sequence. An emptied batch stays,
/// without records, if it is the last of its producer or the last of the range. A transaction's
/// marker stays until its records are gone and its own delete horizon has passed.
///
/// Batches of a partition come in offset order. Confined to one thread.
final class CompactionFilter implements SegmentRewrite.Filter, AutoCloseable {
    private final CompactionScan scan;
    private final KeyOffsets keys;
    private final int maxBatchBytes;
    private final long nowMs;
    private final long tombstonesMs;
    private final BufferSupplier buffers = BufferSupplier.create();
    private final Map<Integer, Transactions> transactions = new HashMap<>();
    private ByteBuffer target = ByteBuffer.allocate(1 << 16);
    private long removedRecords;

    CompactionFilter(
            CompactionScan scan,
            KeyOffsets keys,
            int maxBatchBytes,
            long nowMs,
            long tombstonesMs) {
        this.scan = scan;
        this.keys = keys;
        this.maxBatchBytes = maxBatchBytes;
        this.nowMs = nowMs;
        this.tombstonesMs = tombstonesMs;
    }

    /// @param committed producers that had a record in their current transaction
    /// @param aborted those whose current transaction will be aborted
    /// @param markers offsets of the ABORT markers of transactions that had a record
    private record Transactions(Set<Long> committed, Set<Long> aborted, Set<Long> markers) {}

    /// What stays of a batch; the same bytes if all of it does. Valid until the next call.
    ///
    /// @param rangeEnd offset after the last record of what is rewritten together
    @Override
    public Optional<ByteBuffer> batch(int partition, ByteBuffer batch, long rangeEnd) {
        int records = BatchView.of(batch).recordCount();
        try {
            target.clear();
            MemoryRecords.FilterResult result =
                    MemoryRecords.readableRecords(batch.duplicate())
                            .filterTo(
                                    new Rules(partition, rangeEnd), target, buffers, maxBatchBytes);
            target = result.outputBuffer();
            removedRecords += records - result.messagesRetained();
            target.flip();
            return target.hasRemaining() ? Optional.of(target) : Optional.empty();
        } catch (KafkaException | IllegalStateException _) {
            return Optional.of(batch.duplicate()); // accepted and archived as it came: it stays
        }
    }

    /// Like Kafka, a transaction that had no record left is not told of any more, as its marker may
    /// go: a reader would wait for that in vain.
    @Override
    public boolean tellsOf(int partition, AbortedTransaction transaction) {
        Transactions passed = transactions.get(partition);
        return passed != null && passed.markers.contains(transaction.lastOffset());
    }

    /// Records that did not stay.
    long removedRecords() {
        return removedRecords;
    }

    @Override
    public void close() {
        buffers.close();
    }

    private final class Rules extends RecordFilter {
        private final int partition;
        private final long rangeEnd;
        private final CompactionScan.Partition known;
        private boolean discarded;

        Rules(int partition, long rangeEnd) {
            super(nowMs, tombstonesMs);
            this.partition = partition;
            this.rangeEnd = rangeEnd;
            this.known = scan.partition(partition);
        }

        @Override
        protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
            boolean isOver = isOver(batch);
            discarded =
                    isOver
                            && (!batch.isControlBatch()
                                    || (batch.deleteHorizonMs().isPresent()
                                            && batch.deleteHorizonMs().getAsLong() <= nowMs));
            boolean stays =
                    batch.nextOffset() == rangeEnd
                            || (batch.hasProducerId()
                                    && known.isLastOfProducer(
                                            batch.producerId(),
                                            batch.lastOffset(),
                                            batch.isControlBatch()));
            BatchRetention retention =
                    stays
                            ? BatchRetention.RETAIN_EMPTY
                            : discarded ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
            return new BatchRetentionResult(retention, isOver && batch.isControlBatch());
        }

        /// Records of aborted transactions, and markers of transactions that have no record left.
        private boolean isOver(RecordBatch batch) {
            if (!batch.isTransactional()) {
                return false;
            }
            Transactions running =
                    transactions.computeIfAbsent(
                            partition,
                            _ ->
                                    new Transactions(
                                            new HashSet<>(), new HashSet<>(), new HashSet<>()));
            long producer = batch.producerId();
            if (!batch.isControlBatch()) {
                boolean isAborted = known.isAborted(producer, batch.baseOffset());
                boolean hasRecords = batch.countOrNull() != null && batch.countOrNull() > 0;
                if (hasRecords) {
                    (isAborted ? running.aborted : running.committed).add(producer);
                }
                return isAborted;
            }
            return switch (markerOf(batch)) {
                case ABORT -> {
                    boolean hadRecords = running.aborted.remove(producer);
                    if (hadRecords) {
                        running.markers.add(batch.lastOffset());
                    }
                    yield !hadRecords;
                }
                case COMMIT -> !running.committed.remove(producer);
                default -> false;
            };
        }

        private static ControlRecordType markerOf(RecordBatch batch) {
            for (Record record : batch) {
                return ControlRecordType.parse(record.key());
            }
            return ControlRecordType.UNKNOWN;
        }

        @Override
        protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
            if (discarded) {
                return false;
            }
            if (batch.isControlBatch()) {
                return true;
            }
            if (!record.hasKey() || record.offset() < keys.latest(partition, record.key())) {
                return false;
            }
            return record.hasValue()
                    || batch.deleteHorizonMs().isEmpty()
                    || nowMs < batch.deleteHorizonMs().getAsLong();
        }
    }
}
