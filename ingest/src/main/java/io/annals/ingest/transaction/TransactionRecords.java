package io.annals.ingest.transaction;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.jspecify.annotations.Nullable;

/// Records of `__transaction_state`, in Kafka's own format: key version 0, value version 1 (0 is
/// read as well). A value of null forgets the transactional id.
final class TransactionRecords {
    private TransactionRecords() {}

    static ByteBuffer key(String transactionalId) {
        return MessageUtil.toVersionPrefixedByteBuffer(
                TransactionLogKey.HIGHEST_SUPPORTED_VERSION,
                new TransactionLogKey().setTransactionalId(transactionalId));
    }

    static ByteBuffer value(TransactionMetadata metadata) {
        TransactionLogValue value =
                new TransactionLogValue()
                        .setProducerId(metadata.producerId())
                        .setPreviousProducerId(metadata.previousProducerId())
                        .setNextProducerId(metadata.nextProducerId())
                        .setProducerEpoch(metadata.producerEpoch())
                        .setTransactionTimeoutMs(metadata.timeoutMs())
                        .setTransactionStatus(metadata.state().id())
                        .setTransactionLastUpdateTimestampMs(metadata.lastUpdateMs())
                        .setTransactionStartTimestampMs(metadata.startTimeMs())
                        .setTransactionPartitions(partitions(metadata))
                        .setClientTransactionVersion(metadata.clientVersion());
        return MessageUtil.toVersionPrefixedByteBuffer(
                TransactionLogValue.HIGHEST_SUPPORTED_VERSION, value);
    }

    /// As Kafka: null where there can be none.
    private static @Nullable List<TransactionLogValue.PartitionsSchema> partitions(
            TransactionMetadata metadata) {
        if (metadata.state() == TransactionState.EMPTY) {
            return null;
        }
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        for (TopicPartition partition : metadata.partitions()) {
            byTopic.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                    .add(partition.partition());
        }
        List<TransactionLogValue.PartitionsSchema> schemas = new ArrayList<>();
        byTopic.forEach((topic, partitions) ->
                schemas.add(
                        new TransactionLogValue.PartitionsSchema()
                                .setTopic(topic)
                                .setPartitionIds(partitions.stream().sorted().toList())));
        return schemas;
    }

    /// The transactional id, empty for a key of a kind that is not known.
    static Optional<String> readKey(ByteBuffer key) {
        short version = key.getShort();
        return version < TransactionLogKey.LOWEST_SUPPORTED_VERSION
                        || version > TransactionLogKey.HIGHEST_SUPPORTED_VERSION
                ? Optional.empty()
                : Optional.of(
                        new TransactionLogKey(new ByteBufferAccessor(key), version)
                                .transactionalId());
    }

    /// @throws CorruptRecordException for a version that this program does not know
    static TransactionMetadata readValue(String transactionalId, ByteBuffer bytes) {
        short version = bytes.getShort();
        if (version < TransactionLogValue.LOWEST_SUPPORTED_VERSION
                || version > TransactionLogValue.HIGHEST_SUPPORTED_VERSION) {
            throw new CorruptRecordException(
                    "the state of transactional id %s has version %d, known are %d to %d"
                            .formatted(
                                    transactionalId,
                                    version,
                                    TransactionLogValue.LOWEST_SUPPORTED_VERSION,
                                    TransactionLogValue.HIGHEST_SUPPORTED_VERSION));
        }
        TransactionLogValue value = new TransactionLogValue(new ByteBufferAccessor(bytes), version);
        Set<TopicPartition> partitions = new HashSet<>();
        if (value.transactionPartitions() != null) {
            for (TransactionLogValue.PartitionsSchema topic : value.transactionPartitions()) {
                for (int partition : topic.partitionIds()) {
                    partitions.add(new TopicPartition(topic.topic(), partition));
                }
            }
        }
        return new TransactionMetadata(
                transactionalId,
                value.producerId(),
                value.previousProducerId(),
                value.nextProducerId(),
                value.producerEpoch(),
                RecordBatch.NO_PRODUCER_EPOCH,
                value.transactionTimeoutMs(),
                TransactionState.fromId(value.transactionStatus()),
                partitions,
                value.transactionStartTimestampMs(),
                value.transactionLastUpdateTimestampMs(),
                value.clientTransactionVersion());
    }
}
