package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.transaction.TransactionCoordinator;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.BatchView;
import io.annals.wal.WriteAheadLog;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes record batches from producers into the log.
///
/// Each partition's batch is validated on the event loop, without copying it, and appended at once,
/// so the requests of one connection reach the log in the order they were sent; transactional ones
/// as soon as the coordinator admits them, in that order, too. The answer waits for all partitions
/// to be as durable as their topics ask; whether the client asked for acks=1 or all makes no
/// difference here.
final class ProduceHandler implements RequestHandler<ProduceRequest> {
    private static final Logger logger = LoggerFactory.getLogger(ProduceHandler.class);
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;

    /// Kafka does not tell the log's start with these.
    private static final Set<Errors> WITHOUT_START_OFFSET =
            EnumSet.of(
                    Errors.CORRUPT_MESSAGE,
                    Errors.MESSAGE_TOO_LARGE,
                    Errors.UNSUPPORTED_COMPRESSION_TYPE);

    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final TransactionCoordinator transactions;
    private final InstantSource clock;
    private final HotTierThrottle throttle;
    private final ThreadLocal<BatchValidator> validators;

    ProduceHandler(
            TopicCatalog topics,
            WriteAheadLog wal,
            TransactionCoordinator transactions,
            IngestConfig config,
            InstantSource clock) {
        this.topics = topics;
        this.wal = wal;
        this.transactions = transactions;
        this.clock = clock;
        this.throttle = new HotTierThrottle(config.throttleFrom(), config.throttleMax());
        this.validators =
                ThreadLocal.withInitial(
                        () -> new BatchValidator(config.maxDecompressedBatchBytes()));
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public Class<ProduceRequest> requestType() {
        return ProduceRequest.class;
    }

    @Override
    public CompletableFuture<Optional<ApiMessage>> handle(
            ProduceRequest request, RequestContext context) {
        List<CompletableFuture<?>> appends = new ArrayList<>();
        TransactionalAppends inTransaction = new TransactionalAppends(request);
        ProduceResponseData response = new ProduceResponseData();
        for (TopicProduceData topic : request.data().topicData()) {
            if (!topic.partitionData().isEmpty()) {
                response.responses().add(produce(request, topic, inTransaction, appends));
            }
        }
        inTransaction.submit(transactions);
        int throttleTimeMs = throttle.throttleTimeMs(wal.usage());
        CompletableFuture<Void> done =
                CompletableFuture.allOf(appends.toArray(CompletableFuture<?>[]::new));
        return request.acks() == 0
                ? done.thenCompose(_ -> unacknowledged(response, throttleTimeMs, context))
                : done.thenApply(_ -> Optional.of(response.setThrottleTimeMs(throttleTimeMs)));
    }

    /// There is no answer to carry an error or a wait: like Kafka, we close the connection on an
    /// error, which the client sees, and keep its requests waiting.
    private static CompletableFuture<Optional<ApiMessage>> unacknowledged(
            ProduceResponseData response, int throttleTimeMs, RequestContext context) {
        CompletableFuture<Optional<ApiMessage>> silence = new CompletableFuture<>();
        for (TopicProduceResponse topic : response.responses()) {
            for (PartitionProduceResponse partition : topic.partitionResponses()) {
                Errors error = Errors.forCode(partition.errorCode());
                if (error != Errors.NONE) {
                    silence.completeExceptionally(error.exception(partition.errorMessage()));
                    return silence;
                }
            }
        }
        if (throttleTimeMs == 0) {
            silence.complete(Optional.empty());
        } else {
            context.eventLoop()
                    .schedule(
                            () -> silence.complete(Optional.empty()),
                            throttleTimeMs,
                            TimeUnit.MILLISECONDS);
        }
        return silence;
    }

    private TopicProduceResponse produce(
            ProduceRequest request,
            TopicProduceData data,
            TransactionalAppends inTransaction,
            List<CompletableFuture<?>> appends) {
        boolean byId = request.version() >= FIRST_VERSION_WITH_TOPIC_IDS;
        Optional<Topic> topic = byId ? topics.topic(data.topicId()) : topics.topic(data.name());
        Errors unknown = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
        TopicProduceResponse response =
                new TopicProduceResponse()
                        .setName(data.name())
                        .setTopicId(byId ? data.topicId() : Uuid.ZERO_UUID);
        for (PartitionProduceData partition : data.partitionData()) {
            PartitionProduceResponse answer = answer(partition);
            response.partitionResponses().add(answer);
            if (topic.isEmpty()) {
                refuse(answer, unknown);
            } else if (!topic.get().hasPartition(partition.index())) {
                refuse(answer, Errors.UNKNOWN_TOPIC_OR_PARTITION);
            } else {
                appends.add(append(topic.get(), partition, inTransaction, answer));
            }
        }
        return response;
    }

    private CompletableFuture<?> append(
            Topic topic,
            PartitionProduceData partition,
            TransactionalAppends inTransaction,
            PartitionProduceResponse answer) {
        ByteBuffer batches =
                partition.records() instanceof MemoryRecords records
                        ? records.buffer()
                        : ByteBuffer.allocate(0);
        BatchValidator validator = validators.get();
        try {
            BatchView batch = validator.oneBatch(batches);
            requireWritable(topic, inTransaction.acks());
            answer.setLogStartOffset(topic.metadata().logStartOffsets().get(partition.index()));
            validator.validate(batch, inTransaction.apiVersion(), topic.settings(), clock.millis());
        } catch (InvalidBatchException invalid) {
            refuse(answer, invalid.error())
                    .setErrorMessage(invalid.getMessage())
                    .setRecordErrors(invalid.recordErrors());
            if (WITHOUT_START_OFFSET.contains(invalid.error())) {
                answer.setLogStartOffset(ProduceResponse.INVALID_OFFSET);
            }
            return CompletableFuture.completedFuture(null);
        }
        BatchView batch = BatchView.of(batches);
        return batch.isTransactional()
                ? inTransaction.add(
                        topic.partition(partition.index()).topicPartition(),
                        batch,
                        answer,
                        () -> append(topic, batches, answer))
                : append(topic, batches, answer);
    }

    private static void requireWritable(Topic topic, short acks) throws InvalidBatchException {
        if (acks < -1 || acks > 1) {
            throw new InvalidBatchException(
                    Errors.INVALID_REQUIRED_ACKS, Errors.INVALID_REQUIRED_ACKS.message());
        }
        if (InternalTopic.isInternal(topic.name())) {
            throw new InvalidBatchException(
                    Errors.INVALID_TOPIC_EXCEPTION,
                    "Cannot append to internal topic " + topic.name());
        }
        if (VirtualTopics.isVirtual(topic.name())) {
            throw new InvalidBatchException(
                    Errors.INVALID_TOPIC_EXCEPTION, "Cannot append to the topic of a query.");
        }
    }

    private CompletableFuture<?> append(
            Topic topic, ByteBuffer batches, PartitionProduceResponse answer) {
        TopicSettings settings = topic.settings();
        try {
            return wal.append(
                            new AppendRequest(
                                    topic.partition(answer.index()),
                                    batches,
                                    settings.fsyncMode(),
                                    settings.logAppendTime()))
                    .thenAccept(outcome -> tell(answer, settings, outcome));
        } catch (RuntimeException unexpected) {
            // Must not fail the request: other partitions' bytes already belong to the log.
            logger.atError().setCause(unexpected).log("cannot append to {}", topic.name());
            refuse(answer, Errors.UNKNOWN_SERVER_ERROR);
            return CompletableFuture.completedFuture(null);
        }
    }

    private static PartitionProduceResponse answer(PartitionProduceData partition) {
        return new PartitionProduceResponse()
                .setIndex(partition.index())
                .setBaseOffset(ProduceResponse.INVALID_OFFSET)
                .setLogAppendTimeMs(RecordBatch.NO_TIMESTAMP)
                .setLogStartOffset(ProduceResponse.INVALID_OFFSET);
    }

    static PartitionProduceResponse refuse(PartitionProduceResponse answer, Errors error) {
        return answer.setErrorCode(error.code()).setErrorMessage(error.message());
    }

    private static void tell(
            PartitionProduceResponse answer, TopicSettings settings, AppendOutcome outcome) {
        switch (outcome) {
            case AppendOutcome.Appended appended ->
                    tellOffsets(answer, settings, appended.baseOffset(), appended.ingestTimeMs());
            case AppendOutcome.Duplicate duplicate ->
                    tellOffsets(answer, settings, duplicate.baseOffset(), duplicate.ingestTimeMs());
            case AppendOutcome.Rejected rejected ->
                    refuse(answer, AppendErrors.of(rejected.reason()))
                            .setErrorMessage(rejected.message());
        }
    }

    private static void tellOffsets(
            PartitionProduceResponse answer,
            TopicSettings settings,
            long baseOffset,
            long ingestTimeMs) {
        answer.setBaseOffset(baseOffset);
        if (settings.logAppendTime()) {
            answer.setLogAppendTimeMs(ingestTimeMs);
        }
    }
}
