package io.annals.ingest.transaction;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.protocol.RequestHandler;
import io.annals.wal.ActiveProducer;
import io.annals.wal.WriteAheadLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;

/// The APIs with which operators look at producers and end transactions (`kafka-transactions`,
/// KIP-664); [TransactionDescriptions] tells what transactions are doing.
final class TransactionAdmin {
    private final WalTransactionMarkers markers;
    private final TopicCatalog topics;
    private final WriteAheadLog wal;

    TransactionAdmin(WalTransactionMarkers markers, TopicCatalog topics, WriteAheadLog wal) {
        this.markers = markers;
        this.topics = topics;
        this.wal = wal;
    }

    List<RequestHandler<?>> all(Executor blocking) {
        return List.of(
                new AsyncHandler<>(
                        ApiKeys.WRITE_TXN_MARKERS,
                        WriteTxnMarkersRequest.class,
                        this::writeMarkers,
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.DESCRIBE_PRODUCERS,
                        DescribeProducersRequest.class,
                        request -> CompletableFuture.completedFuture(describeProducers(request)),
                        blocking));
    }

    private CompletableFuture<? extends ApiMessage> writeMarkers(WriteTxnMarkersRequest request) {
        Map<Long, Map<TopicPartition, CompletableFuture<Errors>>> writes = new HashMap<>();
        List<CompletableFuture<Errors>> all = new ArrayList<>();
        for (WritableTxnMarker marker : request.data().markers()) {
            Set<TopicPartition> partitions = new HashSet<>();
            marker.topics()
                    .forEach(topic ->
                            topic.partitionIndexes()
                                    .forEach(index ->
                                            partitions.add(
                                                    new TopicPartition(topic.name(), index))));
            if (partitions.isEmpty()) {
                continue; // nothing to tell about it
            }
            Map<TopicPartition, CompletableFuture<Errors>> written = write(marker, partitions);
            writes.computeIfAbsent(marker.producerId(), _ -> new HashMap<>()).putAll(written);
            all.addAll(written.values());
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                .thenApply(_ -> {
                    Map<Long, Map<TopicPartition, Errors>> errors = new HashMap<>();
                    writes.forEach((producerId, byPartition) -> {
                        Map<TopicPartition, Errors> ofProducer = new HashMap<>();
                        byPartition.forEach(
                                (partition, write) -> ofProducer.put(partition, write.join()));
                        errors.put(producerId, ofProducer);
                    });
                    return new WriteTxnMarkersResponse(errors).data();
                });
    }

    private Map<TopicPartition, CompletableFuture<Errors>> write(
            WritableTxnMarker marker, Set<TopicPartition> partitions) {
        if (marker.producerId() < 0 || marker.producerEpoch() < 0) {
            Map<TopicPartition, CompletableFuture<Errors>> refused = new HashMap<>();
            partitions.forEach(partition ->
                    refused.put(
                            partition,
                            CompletableFuture.completedFuture(
                                    exists(partition)
                                            ? Errors.INVALID_REQUEST
                                            : Errors.UNKNOWN_TOPIC_OR_PARTITION)));
            return refused;
        }
        return markers.writeOnce(
                new TransactionMarkers.Marker(
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.transactionResult(),
                        marker.coordinatorEpoch(),
                        marker.transactionVersion()),
                partitions);
    }

    private boolean exists(TopicPartition partition) {
        return topics.topic(partition.topic())
                .filter(topic -> topic.hasPartition(partition.partition()))
                .isPresent();
    }

    private DescribeProducersResponseData describeProducers(DescribeProducersRequest request) {
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        for (TopicRequest asked : request.data().topics()) {
            TopicResponse answer = new TopicResponse().setName(asked.name());
            Optional<Topic> topic = topics.topic(asked.name());
            for (int index : asked.partitionIndexes()) {
                PartitionResponse partition = new PartitionResponse().setPartitionIndex(index);
                if (topic.isPresent() && topic.get().hasPartition(index)) {
                    partition.setActiveProducers(producers(topic.get().partition(index)));
                } else {
                    Errors error = unknown(asked.name());
                    partition.setErrorCode(error.code()).setErrorMessage(error.message());
                }
                answer.partitions().add(partition);
            }
            response.topics().add(answer);
        }
        return response;
    }

    private static Errors unknown(String topic) {
        try {
            org.apache.kafka.common.internals.Topic.validate(topic);
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } catch (InvalidTopicException invalid) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
    }

    private List<ProducerState> producers(TopicIdPartition partition) {
        return wal.activeProducers(partition).stream().map(TransactionAdmin::state).toList();
    }

    private static ProducerState state(ActiveProducer producer) {
        return new ProducerState()
                .setProducerId(producer.producerId())
                .setProducerEpoch(producer.producerEpoch())
                .setLastSequence(producer.lastSequence())
                .setLastTimestamp(producer.lastTimestampMs())
                .setCoordinatorEpoch(producer.coordinatorEpoch())
                .setCurrentTxnStartOffset(producer.transactionStartOffset().orElse(-1));
    }
}
