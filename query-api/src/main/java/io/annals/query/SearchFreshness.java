package io.annals.query;

import io.annals.indexer.IndexSettings;
import io.annals.indexer.LiveIndex;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.Registry;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;

/// Waits until a search can see what its caller must see: the offsets of `min_offset`, or all that
/// exists when a complete answer is required. Immutable, thread-safe.
final class SearchFreshness {
    private static final long READABLE_POLL_NANOS = 5_000_000;

    private final Registry registry;
    private final LiveIndex live;
    private final TieredLog log;

    SearchFreshness(Registry registry, LiveIndex live, TieredLog log) {
        this.registry = registry;
        this.live = live;
        this.log = log;
    }

    /// The end of every partition that is searched, as it was when the search began (the high
    /// watermark, or for committed records the last stable offset); empty for an older generation,
    /// which does not grow.
    Map<TopicIdPartition, Long> await(SearchRequest request, Deadline deadline)
            throws RefusedException {
        if (request.generation().isPresent()) {
            return Map.of();
        }
        List<TopicMetadata> topics = TopicSelector.select(registry.snapshot(), request.topics());
        if (!request.minOffsets().isEmpty() && topics.size() > 1) {
            throw RefusedException.invalid(
                    "min_offset", "it names a partition, so exactly one topic must be searched");
        }
        boolean waitsForAll = request.requireComplete() && request.cursor().isEmpty();
        Map<TopicIdPartition, Long> ends = new HashMap<>();
        List<Awaited> awaited = new ArrayList<>();
        for (TopicMetadata topic : topics) {
            for (int partition = 0; partition < topic.partitionCount(); partition++) {
                boolean selected =
                        request.partitions().isEmpty() || request.partitions().contains(partition);
                if (selected) {
                    TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
                    Optional<PartitionBounds> bounds = log.bounds(id);
                    bounds.ifPresent(known -> ends.put(id, known.endOffset(request.isolation())));
                    if (waitsForAll && IndexSettings.isIndexed(topic) && bounds.isPresent()) {
                        awaited.add(
                                awaited(
                                        id,
                                        bounds.get().endOffset(request.isolation()),
                                        true,
                                        deadline));
                    }
                }
            }
            addMinOffsets(request, topic, deadline, awaited);
        }
        for (Awaited one : awaited) {
            settle(one, request.isolation(), deadline);
        }
        return ends;
    }

    private void addMinOffsets(
            SearchRequest request, TopicMetadata topic, Deadline deadline, List<Awaited> awaited)
            throws RefusedException {
        for (Map.Entry<Integer, Long> minimum : request.minOffsets().entrySet()) {
            int partition = minimum.getKey();
            if (partition < 0 || partition >= topic.partitionCount() || minimum.getValue() < 0) {
                throw RefusedException.invalid(
                        "min_offset",
                        "%d:%d is not allowed; topic '%s' has partitions 0 to %d, offsets begin at 0"
                                .formatted(
                                        partition,
                                        minimum.getValue(),
                                        topic.name(),
                                        topic.partitionCount() - 1));
            }
            TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
            awaited.add(awaited(id, LongRange.after(minimum.getValue()), false, deadline));
        }
    }

    /// @param end offset below which everything must be searchable
    /// @param forCompleteness or for `min_offset`
    private record Awaited(
            TopicIdPartition partition,
            long end,
            boolean forCompleteness,
            CompletableFuture<Boolean> searchable) {}

    private Awaited awaited(
            TopicIdPartition partition, long end, boolean forCompleteness, Deadline deadline) {
        return new Awaited(
                partition,
                end,
                forCompleteness,
                live.awaitSearchable(partition, end, deadline.remaining()));
    }

    private void settle(Awaited one, IsolationLevel isolation, Deadline deadline)
            throws RefusedException {
        if (isSearchable(one, deadline) && isReadable(one, isolation, deadline)) {
            return;
        }
        TopicIdPartition partition = one.partition();
        if (one.forCompleteness()) {
            throw RefusedException.incomplete(
                    List.of(
                            new Coverage.Hole(
                                    partition.topic(),
                                    partition.partition(),
                                    one.end() - 1,
                                    one.end(),
                                    "not searchable within the timeout")));
        }
        throw new RefusedException(
                Reason.NOT_YET_SEARCHABLE,
                "min_offset",
                "offset %d of %s-%d did not become searchable within the timeout"
                        .formatted(one.end() - 1, partition.topic(), partition.partition()));
    }

    /// Whether what is indexed may also be shown. Transactions end within seconds or not at all,
    /// and few searches wait for one: so this one looks again and again.
    private boolean isReadable(Awaited one, IsolationLevel isolation, Deadline deadline) {
        while (log.bounds(one.partition())
                .filter(bounds ->
                        one.end() <= bounds.highWatermark()
                                && one.end() > bounds.endOffset(isolation))
                .isPresent()) {
            if (deadline.isOver() || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(READABLE_POLL_NANOS);
        }
        return true;
    }

    private static boolean isSearchable(Awaited one, Deadline deadline) {
        try {
            // The index answers at the deadline by itself; the margin is for its clock.
            long nanos = Math.max(0, deadline.remainingNanos()) + TimeUnit.MILLISECONDS.toNanos(50);
            return one.searchable().get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
