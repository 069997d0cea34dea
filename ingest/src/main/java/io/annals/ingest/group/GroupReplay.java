package io.annals.ingest.group;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands batches of a partition of `__consumer_offsets` to whoever holds its groups, record by
/// record and marker by marker, as Kafka's loader does. A record of a type that is not known here
/// is left out, with a warning. Not thread-safe.
///
/// @param partition for the warning
/// @param records takes the records
/// @param markers takes the ends of transactions
record GroupReplay(TopicPartition partition, Records records, Markers markers) {
    private static final Logger logger = LoggerFactory.getLogger(GroupReplay.class);
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();

    @FunctionalInterface
    interface Records {
        void replay(long offset, long producerId, short producerEpoch, CoordinatorRecord record);
    }

    @FunctionalInterface
    interface Markers {
        void replay(long producerId, short producerEpoch, TransactionResult result);
    }

    /// @return how many records it has, markers not counted
    long replay(RecordBatch batch) {
        long count = 0;
        for (Record record : batch) {
            if (batch.isControlBatch()) {
                replayMarker(batch, record);
            } else {
                replayRecord(batch, record);
                count++;
            }
        }
        return count;
    }

    private void replayMarker(RecordBatch batch, Record record) {
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
            markers.replay(
                    batch.producerId(),
                    batch.producerEpoch(),
                    type == ControlRecordType.COMMIT
                            ? TransactionResult.COMMIT
                            : TransactionResult.ABORT);
        }
    }

    private void replayRecord(RecordBatch batch, Record record) {
        CoordinatorRecord decoded;
        try {
            decoded = SERDE.deserialize(record.key(), record.value());
        } catch (Deserializer.UnknownRecordTypeException unknown) {
            logger.warn(
                    "record {} of {} has type {}, which is not known here; left out",
                    record.offset(),
                    partition,
                    unknown.unknownType());
            return;
        }
        records.replay(record.offset(), batch.producerId(), batch.producerEpoch(), decoded);
    }
}
