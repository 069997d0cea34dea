package io.annals.ingest.transaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.protocol.RequestHandler;
import io.annals.wal.ActiveProducer;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.DescribeTransactionsRequest;
import org.apache.kafka.common.requests.ListTransactionsRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersRequest;
import org.apache.kafka.common.requests.WriteTxnMarkersResponse;
import org.apache.kafka.coordinator.transaction.TransactionState;

/// The APIs with which operators look at transactions and end them (`kafka-transactions`, KIP-664).
final class TransactionAdmin {
    private final TransactionCoordinator coordinator;
    private final WalTransactionMarkers markers;
    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final InstantSource clock;

    TransactionAdmin(
            TransactionCoordinator coordinator,
            WalTransactionMarkers markers,
            TopicCatalog topics,
            WriteAheadLog wal,
            InstantSource clock) {
        this.coordinator = coordinator;
        this.markers = markers;
        this.topics = topics;
        this.wal = wal;
        this.clock = clock;
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
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.DESCRIBE_TRANSACTIONS,
                        DescribeTransactionsRequest.class,
                        request -> CompletableFuture.completedFuture(describe(request)),
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.LIST_TRANSACTIONS,
                        ListTransactionsRequest.class,
                        request -> CompletableFuture.completedFuture(list(request.data())),
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

    private DescribeTransactionsResponseData describe(DescribeTransactionsRequest request) {
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        request.data()
                .transactionalIds()
                .forEach(id -> response.transactionStates().add(describe(id)));
        return response;
    }

    private DescribeTransactionsResponseData.TransactionState describe(String transactionalId) {
        DescribeTransactionsResponseData.TransactionState answer =
                new DescribeTransactionsResponseData.TransactionState()
                        .setTransactionalId(transactionalId);
        if (transactionalId.isEmpty()) {
            return answer.setErrorCode(Errors.INVALID_REQUEST.code());
        }
        if (!coordinator.isLoaded()) {
            return answer.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        return coordinator
                .state(transactionalId)
                .map(state -> describe(answer, state))
                .orElseGet(() -> answer.setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code()));
    }

    private static DescribeTransactionsResponseData.TransactionState describe(
            DescribeTransactionsResponseData.TransactionState answer, TransactionMetadata state) {
        for (TopicPartition partition : state.partitions()) {
            TopicData topic = answer.topics().find(partition.topic());
            if (topic == null) {
                topic = new TopicData().setTopic(partition.topic());
                answer.topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        }
        return answer.setProducerId(state.producerId())
                .setProducerEpoch(state.producerEpoch())
                .setTransactionState(state.state().stateName())
                .setTransactionTimeoutMs(state.timeoutMs())
                .setTransactionStartTimeMs(state.startTimeMs());
    }

    private ListTransactionsResponseData list(ListTransactionsRequestData request) {
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        if (!coordinator.isLoaded()) {
            return response.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        Set<TransactionState> wanted = EnumSet.noneOf(TransactionState.class);
        Set<String> unknown = new LinkedHashSet<>();
        for (String name : request.stateFilters()) {
            TransactionState.fromName(name).ifPresentOrElse(wanted::add, () -> unknown.add(name));
        }
        response.unknownStateFilters().addAll(unknown);
        Pattern pattern;
        try {
            String expression = request.transactionalIdPattern();
            pattern = Pattern.compile(expression == null ? "" : expression);
        } catch (PatternSyntaxException invalid) {
            return response.setErrorCode(Errors.INVALID_REGULAR_EXPRESSION.code());
        }
        boolean anyState = request.stateFilters().isEmpty();
        boolean anyId = pattern.pattern().isEmpty();
        for (TransactionMetadata state : coordinator.states()) {
            if ((anyState || wanted.contains(state.state()))
                    && (anyId || pattern.matcher(state.transactionalId()).matches())
                    && isWanted(request, state)) {
                response.transactionStates()
                        .add(
                                new ListTransactionsResponseData.TransactionState()
                                        .setTransactionalId(state.transactionalId())
                                        .setProducerId(state.producerId())
                                        .setTransactionState(state.state().stateName()));
            }
        }
        return response;
    }

    private boolean isWanted(ListTransactionsRequestData request, TransactionMetadata state) {
        boolean longEnough =
                request.durationFilter() < 0
                        || clock.millis() - state.startTimeMs() > request.durationFilter();
        return longEnough
                && (request.producerIdFilters().isEmpty()
                        || request.producerIdFilters().contains(state.producerId()));
    }
}
