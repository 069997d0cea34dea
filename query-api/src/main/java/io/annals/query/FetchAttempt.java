package io.annals.query;

import io.annals.protocol.RecordSlices;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
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
    private static final int UNCHECKED_EPOCH = -1;

    /// @param maxBytes limit for the whole response
    record Wanted(List<Partition> partitions, int maxBytes) {}

    /// @param topicIndex position of the topic in the request; groups the response
    /// @param partition empty if the topic is not known
    /// @param unknown the error for that
    record Partition(
            int topicIndex,
            FetchTopic topic,
            FetchPartition asked,
            Optional<TopicIdPartition> partition,
            Errors unknown) {}

    private final TieredLog log;
    private final Wanted wanted;
    private final List<PartitionData> answers = new ArrayList<>();
    private long bytes;
    private boolean failed;

    FetchAttempt(TieredLog log, Wanted wanted) {
        this.log = log;
        this.wanted = wanted;
    }

    /// Record bytes found so far.
    long bytes() {
        return bytes;
    }

    /// Whether a partition has an error to tell; then nobody should wait for more bytes.
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
                            next.partition().orElseThrow(),
                            next.asked().fetchOffset(),
                            limit(next));
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
            TopicIdPartition partition = next.partition().orElseThrow();
            try {
                answers.add(
                        answer(next, log.read(partition, next.asked().fetchOffset(), limit(next))));
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

    /// Answers that need no read: unknown partitions, wrong epochs, limits used up.
    private Optional<PartitionData> withoutReading(Partition next) {
        if (next.partition().isEmpty()) {
            return Optional.of(error(next, next.unknown()));
        }
        Optional<PartitionBounds> bounds = log.bounds(next.partition().get());
        if (bounds.isEmpty()) {
            return Optional.of(error(next, Errors.UNKNOWN_TOPIC_OR_PARTITION));
        }
        int epoch = next.asked().currentLeaderEpoch();
        if (epoch != UNCHECKED_EPOCH && epoch != bounds.get().leaderEpoch()) {
            return Optional.of(
                    error(
                            next,
                            epoch < bounds.get().leaderEpoch()
                                    ? Errors.FENCED_LEADER_EPOCH
                                    : Errors.UNKNOWN_LEADER_EPOCH));
        }
        long offset = next.asked().fetchOffset();
        boolean inRange =
                offset >= bounds.get().logStartOffset() && offset <= bounds.get().highWatermark();
        return inRange && bytes > 0 && limit(next) == 0
                ? Optional.of(nothing(next, bounds.get()))
                : Optional.empty();
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
                        .setRecords(new RecordSlices(batches.batches(), batches::close));
            }
            case LogRead.OutOfRange _ -> error(next, Errors.OFFSET_OUT_OF_RANGE);
            case LogRead.UnknownPartition _ -> error(next, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        };
    }

    private static PartitionData nothing(Partition next, PartitionBounds bounds) {
        return new PartitionData()
                .setPartitionIndex(next.asked().partition())
                .setHighWatermark(bounds.highWatermark())
                .setLastStableOffset(bounds.highWatermark())
                .setLogStartOffset(bounds.logStartOffset())
                .setAbortedTransactions(null)
                .setRecords(MemoryRecords.EMPTY);
    }

    private PartitionData error(Partition next, Errors error) {
        failed = true;
        return FetchResponse.partitionResponse(next.asked().partition(), error);
    }

    /// The answer to the client; the records in it then belong to the front door.
    FetchResponseData response() {
        FetchResponseData response = new FetchResponseData();
        int topicIndex = -1;
        for (int i = 0; i < answers.size(); i++) {
            Partition partition = wanted.partitions().get(i);
            if (partition.topicIndex() != topicIndex) {
                topicIndex = partition.topicIndex();
                response.responses()
                        .add(
                                new FetchableTopicResponse()
                                        .setTopic(partition.topic().topic())
                                        .setTopicId(partition.topic().topicId()));
            }
            response.responses().getLast().partitions().add(answers.get(i));
        }
        return response;
    }

    /// Lets go of what was found.
    void discard() {
        RecordSlices.releaseAll(response());
    }
}
