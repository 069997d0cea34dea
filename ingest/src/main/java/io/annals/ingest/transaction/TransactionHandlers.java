package io.annals.ingest.transaction;

import io.annals.ingest.TopicCatalog;
import io.annals.ingest.group.OffsetsTransactions;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.transaction.TransactionRules.Addition;
import io.annals.ingest.transaction.TransactionRules.End;
import io.annals.ingest.transaction.TransactionRules.Initialization;
import io.annals.ingest.transaction.TransactionRules.Producer;
import io.annals.protocol.RequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AddOffsetsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnRequest;
import org.apache.kafka.common.requests.AddPartitionsToTxnResponse;
import org.apache.kafka.common.requests.EndTxnRequest;
import org.apache.kafka.common.requests.InitProducerIdRequest;

/// The APIs with which producers run transactions.
///
/// Old clients know a fenced producer as INVALID_PRODUCER_EPOCH only; each API says from which
/// version on PRODUCER_FENCED may be told.
final class TransactionHandlers {
    private static final short INIT_FENCED_FROM = 4;
    private static final short FENCED_FROM = 2;
    private static final short LEVEL_2_ENDS_FROM = 5;
    private static final short BATCHED_ADDS_FROM = 4;

    private final TransactionCoordinator coordinator;
    private final TopicCatalog topics;
    private final OffsetsTransactions offsets;
    private final LongSupplier producerIds;

    TransactionHandlers(
            TransactionCoordinator coordinator,
            TopicCatalog topics,
            OffsetsTransactions offsets,
            LongSupplier producerIds) {
        this.coordinator = coordinator;
        this.topics = topics;
        this.offsets = offsets;
        this.producerIds = producerIds;
    }

    List<RequestHandler<?>> all(Executor blocking) {
        return List.of(
                new AsyncHandler<>(
                        ApiKeys.INIT_PRODUCER_ID,
                        InitProducerIdRequest.class,
                        this::initProducerId,
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.ADD_PARTITIONS_TO_TXN,
                        AddPartitionsToTxnRequest.class,
                        this::addPartitions,
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.ADD_OFFSETS_TO_TXN,
                        AddOffsetsToTxnRequest.class,
                        this::addOffsets,
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.END_TXN, EndTxnRequest.class, this::endTransaction, blocking));
    }

    private static short told(Errors error, boolean knowsFenced) {
        return (error == Errors.PRODUCER_FENCED && !knowsFenced
                        ? Errors.INVALID_PRODUCER_EPOCH
                        : error)
                .code();
    }

    private CompletableFuture<? extends ApiMessage> initProducerId(InitProducerIdRequest request) {
        InitProducerIdRequestData data = request.data();
        boolean noId = data.producerId() == RecordBatch.NO_PRODUCER_ID;
        boolean noEpoch = data.producerEpoch() == RecordBatch.NO_PRODUCER_EPOCH;
        CompletableFuture<TransactionCoordinator.Answer> answer;
        if (noId != noEpoch) {
            answer =
                    CompletableFuture.completedFuture(
                            TransactionCoordinator.Answer.of(Errors.INVALID_REQUEST));
        } else if (data.transactionalId() == null) {
            answer =
                    CompletableFuture.completedFuture(
                            new TransactionCoordinator.Answer(
                                    Errors.NONE, producerIds.getAsLong(), (short) 0));
        } else {
            answer =
                    coordinator.initialize(
                            new Initialization(
                                    data.transactionalId(),
                                    data.transactionTimeoutMs(),
                                    noId
                                            ? Optional.empty()
                                            : Optional.of(
                                                    new Producer(
                                                            data.producerId(),
                                                            data.producerEpoch()))));
        }
        return answer.thenApply(given ->
                new InitProducerIdResponseData()
                        .setErrorCode(told(given.error(), request.version() >= INIT_FENCED_FROM))
                        .setProducerId(given.producerId())
                        .setProducerEpoch(given.producerEpoch()));
    }

    private CompletableFuture<? extends ApiMessage> addPartitions(
            AddPartitionsToTxnRequest original) {
        boolean batched = original.version() >= BATCHED_ADDS_FROM;
        AddPartitionsToTxnRequest request = batched ? original : original.normalizeRequest();
        List<CompletableFuture<AddPartitionsToTxnResult>> results = new ArrayList<>();
        for (AddPartitionsToTxnTransaction transaction : request.data().transactions()) {
            results.add(addPartitions(request, transaction));
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new))
                .thenApply(_ -> {
                    AddPartitionsToTxnResponseData response = new AddPartitionsToTxnResponseData();
                    for (CompletableFuture<AddPartitionsToTxnResult> result : results) {
                        if (batched) {
                            response.resultsByTransaction().add(result.join());
                        } else {
                            response.setResultsByTopicV3AndBelow(result.join().topicResults());
                        }
                    }
                    return response;
                });
    }

    private CompletableFuture<AddPartitionsToTxnResult> addPartitions(
            AddPartitionsToTxnRequest request, AddPartitionsToTxnTransaction transaction) {
        String id = transaction.transactionalId();
        Set<TopicPartition> partitions =
                Set.copyOf(AddPartitionsToTxnRequest.getPartitions(transaction.topics()));
        Optional<Map<TopicPartition, Errors>> unknown = unknown(partitions);
        if (unknown.isPresent()) {
            return CompletableFuture.completedFuture(
                    AddPartitionsToTxnResponse.resultForTransaction(id, unknown.get()));
        }
        Producer producer = new Producer(transaction.producerId(), transaction.producerEpoch());
        if (transaction.verifyOnly()) {
            return CompletableFuture.completedFuture(
                    AddPartitionsToTxnResponse.resultForTransaction(
                            id, coordinator.verify(id, producer, partitions)));
        }
        boolean level2 = request.version() >= BATCHED_ADDS_FROM;
        return coordinator
                .add(
                        id,
                        new Addition(
                                producer, partitions, level2 ? TransactionRules.SERVER_VERSION : 0))
                .thenApply(error ->
                        request.errorResponseForTransaction(
                                id, Errors.forCode(told(error, request.version() >= FENCED_FROM))));
    }

    /// One partition that is not there keeps all of them from being added.
    private Optional<Map<TopicPartition, Errors>> unknown(Set<TopicPartition> partitions) {
        Map<TopicPartition, Errors> answers = new HashMap<>();
        boolean anyUnknown = false;
        for (TopicPartition partition : partitions) {
            boolean known =
                    topics.topic(partition.topic())
                            .filter(topic -> topic.hasPartition(partition.partition()))
                            .isPresent();
            anyUnknown |= !known;
            answers.put(
                    partition,
                    known ? Errors.OPERATION_NOT_ATTEMPTED : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        return anyUnknown ? Optional.of(answers) : Optional.empty();
    }

    private CompletableFuture<? extends ApiMessage> addOffsets(AddOffsetsToTxnRequest request) {
        AddOffsetsToTxnRequestData data = request.data();
        TopicPartition partition =
                new TopicPartition(
                        InternalTopic.CONSUMER_OFFSETS.topicName(),
                        offsets.partitionFor(data.groupId()));
        return coordinator
                .add(
                        data.transactionalId(),
                        new Addition(
                                new Producer(data.producerId(), data.producerEpoch()),
                                Set.of(partition),
                                (short) 0))
                .thenApply(error ->
                        new AddOffsetsToTxnResponseData()
                                .setErrorCode(told(error, request.version() >= FENCED_FROM)));
    }

    private CompletableFuture<? extends ApiMessage> endTransaction(EndTxnRequest request) {
        boolean level2 = request.version() >= LEVEL_2_ENDS_FROM;
        return coordinator
                .end(
                        request.data().transactionalId(),
                        new End(
                                new Producer(
                                        request.data().producerId(),
                                        request.data().producerEpoch()),
                                request.data().committed(),
                                level2 ? TransactionRules.SERVER_VERSION : 0))
                .thenApply(answer -> {
                    EndTxnResponseData response =
                            new EndTxnResponseData()
                                    .setErrorCode(
                                            told(answer.error(), request.version() >= FENCED_FROM));
                    return level2
                            ? response.setProducerId(answer.producerId())
                                    .setProducerEpoch(answer.producerEpoch())
                            : response;
                });
    }
}
