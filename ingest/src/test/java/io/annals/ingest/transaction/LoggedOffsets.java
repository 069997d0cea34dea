package io.annals.ingest.transaction;

import io.annals.ingest.group.OffsetsTransactions;
import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.TransactionResult;
import org.jspecify.annotations.Nullable;

/// What the group coordinator writes, without what it knows: one partition of `__consumer_offsets`.
final class LoggedOffsets implements OffsetsTransactions {
    private final InternalTopics topics;
    private final BooleanSupplier stepAllowed;
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile boolean busy;
    private @Nullable InternalLog log;

    /// @param stepAllowed whether the power is still on
    LoggedOffsets(InternalTopics topics, BooleanSupplier stepAllowed) {
        this.topics = topics;
        this.stepAllowed = stepAllowed;
    }

    /// Markers are refused that often, as while a partition is loaded.
    void refuse(int times) {
        refusals.set(times);
    }

    /// From now on somebody else always writes.
    void keepBusy() {
        busy = true;
    }

    TopicIdPartition partition() {
        return log().partition();
    }

    CompletionStage<Errors> append(MemoryRecords batch) {
        return log().append(batch).durable().thenApply(_ -> Errors.NONE);
    }

    private synchronized InternalLog log() {
        InternalLog present = log;
        if (present == null) {
            present = open();
            log = present;
        }
        return present;
    }

    private InternalLog open() {
        try {
            return topics.open(
                    InternalTopic.CONSUMER_OFFSETS,
                    0,
                    (partition, reason) -> {
                        throw new AssertionError(partition + ": " + reason);
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int partitionFor(String groupId) {
        return 0;
    }

    @Override
    public CompletableFuture<Void> complete(Ending ending, Optional<InternalLog.Joint> joint) {
        if (!stepAllowed.getAsBoolean()) {
            return new CompletableFuture<>();
        }
        if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            return CompletableFuture.failedFuture(
                    new CoordinatorLoadInProgressException("loading"));
        }
        MemoryRecords marker =
                MemoryRecords.withEndTransactionMarker(
                        ending.producerId(),
                        ending.producerEpoch(),
                        new EndTransactionMarker(
                                ending.result() == TransactionResult.COMMIT
                                        ? ControlRecordType.COMMIT
                                        : ControlRecordType.ABORT,
                                ending.coordinatorEpoch()));
        return joint.map(one -> log().appendJointly(marker, one))
                .orElseGet(() -> log().append(marker))
                .durable()
                .toCompletableFuture();
    }

    @Override
    public boolean isIdle(int partition) {
        return !busy && log().isIdle();
    }
}
