package io.annals.query;

import io.annals.protocol.RecordSlices;
import io.annals.query.FetchContext.Answered;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One pass over the partitions of a fetch request, in the order the client gave them (clients
/// rotate it, which is what keeps it fair), until the byte limits are used up.
///
/// The limits bind as in Kafka: the first batch of the first partition that has any is served
/// however large, everything after it only as far as both limits allow.
///
/// Passes from thread to thread, but is used by one at a time. Whoever drops it calls [#discard].
final class FetchAttempt {
    private static final Logger logger = LoggerFactory.getLogger(FetchAttempt.class);

    /// @param minBytes what is worth answering before the wait is over
    /// @param maxBytes limit for the whole response
    /// @param byReplica whether a broker asks, to follow
    record Wanted(
            List<Partition> partitions,
            int minBytes,
            int maxBytes,
            int maxWaitMs,
            IsolationLevel isolation,
            boolean byReplica) {

        /// Whether there is anything to wait for.
        boolean isReadable() {
            return partitions.stream().anyMatch(partition -> partition.known().isPresent());
        }
    }

    /// @param known empty if there is no such topic
    /// @param unknown the error for that
    record Partition(
            FetchTarget target,
            FetchPartition asked,
            Optional<TopicIdPartition> known,
            Errors unknown) {}

    private final FetchSource log;
    private final Wanted wanted;
    private final List<PartitionData> answers = new ArrayList<>();
    private long bytes;
    private boolean failed;

    FetchAttempt(FetchSource log, Wanted wanted) {
        this.log = log;
        this.wanted = wanted;
    }

    /// Record bytes found so far.
    long bytes() {
        return bytes;
    }

    /// Whether reading a partition failed; then nobody should wait for more bytes. A topic that is
    /// not known does not count, as in Kafka: clients would ask again and again.
    boolean failed() {
        return failed;
    }

    /// Goes on with the hot tier, without blocking.
    ///
    /// @return false if it stopped at a partition that needs the archive
    boolean readHot() {
        while (answers.size() < wanted.partitions().size()) {
            Partition next = wanted.partitions().get(answers.size());
            Optional<PartitionData> early = withoutReading(next);
            if (early.isPresent()) {
                answers.add(early.get());
                continue;
            }
            Optional<LogRead> read =
                    log.readHot(
                            next.known().orElseThrow(),
                            next.asked().fetchOffset(),
                            limit(next),
                            wanted.isolation());
            if (read.isEmpty()) {
                return false;
            }
            answers.add(answer(next, read.get()));
        }
        return true;
    }

    /// Goes on to the end, asking the archive where needed. Blocks.
    void readAll() {
        while (!readHot()) {
            Partition next = wanted.partitions().get(answers.size());
            TopicIdPartition partition = next.known().orElseThrow();
            try {
                answers.add(
                        answer(
                                next,
                                log.read(
                                        partition,
                                        next.asked().fetchOffset(),
                                        limit(next),
                                        wanted.isolation())));
            } catch (IOException | RuntimeException unreadable) {
                logger.atWarn()
                        .setCause(unreadable)
                        .log("cannot read {} at {}", partition, next.asked().fetchOffset());
                answers.add(error(next, Errors.KAFKA_STORAGE_ERROR));
            }
        }
    }

    private int limit(Partition next) {
        return (int)
                Math.max(0, Math.min(next.asked().partitionMaxBytes(), wanted.maxBytes() - bytes));
    }

    /// Answers that need no read: unknown partitions, wrong epochs, nothing new, limits used up.
    private Optional<PartitionData> withoutReading(Partition next) {
        if (next.known().isEmpty()) {
            return Optional.of(
                    next.unknown() == Errors.INCONSISTENT_TOPIC_ID
                            ? error(next, next.unknown()) // Kafka hears of it from its log
                            : FetchResponse.partitionResponse(
                                    next.target().partition(), next.unknown()));
        }
        Optional<PartitionBounds> bounds = log.bounds(next.known().get());
        if (bounds.isEmpty()) {
            return Optional.of(unknownPartition(next));
        }
        Optional<PartitionData> refused =
                bounds.get()
                        .refusal(Math.max(-1, next.asked().currentLeaderEpoch()))
                        .or(() -> wanted.byReplica() ? strangeReplica(next) : Optional.empty())
                        .map(error -> error(next, error))
                        .or(() -> diverged(next, bounds.get()));
        if (refused.isPresent()) {
            return refused;
        }
        long offset = next.asked().fetchOffset();
        boolean inRange =
                offset >= bounds.get().logStartOffset() && offset <= bounds.get().highWatermark();
        boolean isAtEnd = offset >= bounds.get().endOffset(wanted.isolation());
        boolean isFull = bytes > 0 && limit(next) == 0;
        return inRange && (isAtEnd || isFull)
                ? Optional.of(nothing(next, bounds.get()))
                : Optional.empty();
    }

    /// No broker is in any partition's replica set. Kafka tells one that knows the epoch to wait
    /// for the news that it is.
    private static Optional<Errors> strangeReplica(Partition next) {
        return Optional.of(
                next.asked().currentLeaderEpoch() >= 0
                        ? Errors.UNKNOWN_LEADER_EPOCH
                        : Errors.NOT_LEADER_OR_FOLLOWER);
    }

    /// Where the log went another way than what the client says it has read (KIP-595).
    private Optional<PartitionData> diverged(Partition next, PartitionBounds bounds) {
        int epoch = next.asked().lastFetchedEpoch();
        if (epoch < 0) {
            return Optional.empty();
        }
        OptionalLong end = bounds.endOfEpoch(epoch);
        if (end.isEmpty()) {
            return Optional.of(error(next, Errors.OFFSET_OUT_OF_RANGE));
        }
        if (end.getAsLong() >= next.asked().fetchOffset()) {
            return Optional.empty();
        }
        failed = true; // nobody should wait to hear of it
        return Optional.of(
                nothing(next, bounds)
                        .setAbortedTransactions(null)
                        .setDivergingEpoch(
                                new FetchResponseData.EpochEndOffset()
                                        .setEpoch(epoch)
                                        .setEndOffset(end.getAsLong())));
    }

    private PartitionData answer(Partition next, LogRead read) {
        return switch (read) {
            case LogRead.Found(FetchedBatches batches, PartitionBounds bounds) -> {
                if (batches.sizeBytes() == 0 || (bytes > 0 && batches.sizeBytes() > limit(next))) {
                    batches.close();
                    yield nothing(next, bounds);
                }
                bytes += batches.sizeBytes();
                yield nothing(next, bounds)
                        .setAbortedTransactions(aborted(batches.abortedTransactions()))
                        .setRecords(new RecordSlices(batches.batches(), batches::close));
            }
            case LogRead.OutOfRange _ -> error(next, Errors.OFFSET_OUT_OF_RANGE);
            case LogRead.UnknownPartition _ -> unknownPartition(next);
        };
    }

    private PartitionData nothing(Partition next, PartitionBounds bounds) {
        return new PartitionData()
                .setPartitionIndex(next.asked().partition())
                .setHighWatermark(bounds.highWatermark())
                .setLastStableOffset(bounds.lastStableOffset())
                .setLogStartOffset(bounds.logStartOffset())
                .setAbortedTransactions(aborted(List.of()))
                .setRecords(MemoryRecords.EMPTY);
    }

    /// As Kafka: no list at all, not even an empty one, for those who read everything.
    private @Nullable List<FetchResponseData.AbortedTransaction> aborted(
            List<AbortedTransaction> overlapping) {
        return wanted.isolation() == IsolationLevel.READ_COMMITTED
                ? overlapping.stream()
                        .map(each ->
                                new FetchResponseData.AbortedTransaction()
                                        .setProducerId(each.producerId())
                                        .setFirstOffset(each.firstOffset()))
                        .toList()
                : null;
    }

    private PartitionData unknownPartition(Partition next) {
        failed = true;
        return FetchResponse.partitionResponse(
                next.asked().partition(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    /// As Kafka: of a partition that is there but cannot be read, no list of aborted transactions,
    /// not even an empty one.
    private PartitionData error(Partition next, Errors error) {
        failed = true;
        return FetchResponse.partitionResponse(next.asked().partition(), error)
                .setAbortedTransactions(null);
    }

    /// What was found, in the order of what was wanted. The records in it then belong to the
    /// caller.
    List<Answered> answers() {
        List<Answered> found = new ArrayList<>(answers.size());
        for (int i = 0; i < answers.size(); i++) {
            found.add(new Answered(wanted.partitions().get(i).target(), answers.get(i)));
        }
        return found;
    }

    /// Lets go of what was found.
    void discard() {
        answers().forEach(Answered::release);
    }
}
