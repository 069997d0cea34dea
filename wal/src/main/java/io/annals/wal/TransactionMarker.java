package io.annals.wal;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;

/// What a control batch says about the transaction of its producer.
record TransactionMarker(boolean commit, int coordinatorEpoch) {

    /// @return null if the control batch ends no transaction
    static @Nullable TransactionMarker of(BatchView batch) {
        for (Record record : batch.kafkaBatch()) {
            ControlRecordType type = ControlRecordType.parse(record.key());
            if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
                return new TransactionMarker(
                        type == ControlRecordType.COMMIT,
                        EndTransactionMarker.deserialize(record).coordinatorEpoch());
            }
        }
        return null;
    }

    /// The control batch that Kafka would write, without its offset.
    static ByteBuffer encode(EndTransaction end, long timestampMs) {
        ControlRecordType type = end.commit() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        ByteBuffer heap =
                MemoryRecords.withEndTransactionMarker(
                                0,
                                timestampMs,
                                HotPartition.LEADER_EPOCH,
                                end.producerId(),
                                end.producerEpoch(),
                                new EndTransactionMarker(type, end.coordinatorEpoch()))
                        .buffer();
        return ByteBuffer.allocateDirect(heap.remaining()).put(heap).flip();
    }
}
