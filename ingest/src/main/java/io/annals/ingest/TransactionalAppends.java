package io.annals.ingest;

import io.annals.ingest.transaction.TransactionCoordinator;
import io.annals.ingest.transaction.TransactionalWrite;
import io.annals.ingest.transaction.WriterLevel;
import io.annals.wal.BatchView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/// The transactional batches of one Produce request: they enter the log together, once the
/// transaction coordinator has admitted them. Confined to one thread until submitted.
final class TransactionalAppends {
    private final ProduceRequest request;
    private final WriterLevel level;
    private final List<Part> parts = new ArrayList<>(0);

    /// @param append hands the batch to the log
    /// @param done completes when `answer` is complete
    private record Part(
            TopicPartition partition,
            BatchView batch,
            PartitionProduceResponse answer,
            Supplier<CompletableFuture<?>> append,
            CompletableFuture<Object> done) {

        void run() {
            append.get().thenAccept(done::complete);
        }

        boolean isOfProducer(Part other) {
            return batch.producerId() == other.batch.producerId()
                    && batch.producerEpoch() == other.batch.producerEpoch();
        }
    }

    TransactionalAppends(ProduceRequest request) {
        this.request = request;
        this.level = WriterLevel.ofProduce(request.version());
    }

    short apiVersion() {
        return request.version();
    }

    short acks() {
        return request.acks();
    }

    /// @param append hands the batch to the log; completes when `answer` is complete
    /// @return completes when `answer` is complete, whatever becomes of the batch
    CompletableFuture<?> add(
            TopicPartition partition,
            BatchView batch,
            PartitionProduceResponse answer,
            Supplier<CompletableFuture<?>> append) {
        Part part = new Part(partition, batch, answer, append, new CompletableFuture<>());
        parts.add(part);
        return part.done();
    }

    void submit(TransactionCoordinator transactions) {
        if (parts.isEmpty()) {
            return;
        }
        Part first = parts.getFirst();
        if (request.transactionalId() == null) {
            refuse(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        } else if (!parts.stream().allMatch(first::isOfProducer)) {
            refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
        } else {
            TransactionalWrite write =
                    new TransactionalWrite(
                            request.transactionalId(),
                            first.batch().producerId(),
                            first.batch().producerEpoch(),
                            parts.stream().map(Part::partition).collect(Collectors.toSet()),
                            level);
            transactions
                    .write(write, () -> parts.forEach(Part::run))
                    .thenAccept(error -> {
                        if (error != Errors.NONE) {
                            refuse(error);
                        }
                    });
        }
    }

    private void refuse(Errors error) {
        for (Part part : parts) {
            tell(part.answer(), error);
            part.done().complete(part);
        }
    }

    private void tell(PartitionProduceResponse answer, Errors error) {
        Errors told = level.told(error);
        ProduceHandler.refuse(answer, told).setLogStartOffset(ProduceResponse.INVALID_OFFSET);
        if (told == Errors.INVALID_TXN_STATE) {
            answer.setErrorMessage("Partition was not added to the transaction");
        } else if (told == Errors.NOT_ENOUGH_REPLICAS) {
            answer.setErrorMessage(
                    "Unable to verify the partition has been added to the transaction."
                            + " Underlying error: "
                            + error);
        }
    }
}
