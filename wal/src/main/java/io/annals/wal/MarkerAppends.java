package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;

/// Makes the appends that end transactions. Thread-safe.
final class MarkerAppends {
    private static final long NO_PRODUCER_ID = -1;

    private final WalShared shared;

    MarkerAppends(WalShared shared) {
        this.shared = shared;
    }

    PendingAppend marker(HotPartition partition, EndTransaction end) {
        ByteBuffer batch = TransactionMarker.encode(end, shared.clock().millis());
        return new PendingAppend(
                partition, new AppendRequest(partition.id(), batch, end.fsyncMode(), false));
    }

    /// A request and the markers of ended transactions as one append, the request last.
    ///
    /// @return empty if a partition is not known or of another shard, or if it is too much at once
    /// @throws IllegalArgumentException if the request is of a producer, or a producer ends twice
    Optional<AtomicAppend> with(AppendRequest request, List<EndTransaction> ended) {
        Optional<HotPartition> target = find(request.partition());
        if (target.isEmpty() || !areAllIn(target.get().shard(), ended)) {
            return Optional.empty();
        }
        PendingAppend last = new PendingAppend(target.get(), request);
        requireSeparate(last, ended);
        List<PendingAppend> parts = new ArrayList<>();
        for (EndTransaction end : ended) {
            end.partitions()
                    .forEach(id -> find(id).ifPresent(known -> parts.add(marker(known, end))));
        }
        parts.add(last);
        AtomicAppend append = new AtomicAppend(parts, true);
        int frames = parts.size() - 1 + last.batches().size();
        long room = shared.config().segmentBytes() - FrameFormat.FILE_HEADER_BYTES;
        return frames <= FrameFormat.MAX_GROUP_FRAMES && append.framedBytes() <= room
                ? Optional.of(append)
                : Optional.empty();
    }

    private Optional<HotPartition> find(TopicIdPartition id) {
        return Optional.ofNullable(shared.partitions().get(PartitionKey.of(id)))
                .filter(partition -> !partition.deleted());
    }

    private boolean areAllIn(int shard, List<EndTransaction> ended) {
        return ended.stream()
                .flatMap(end -> end.partitions().stream())
                .allMatch(id -> find(id).filter(known -> known.shard() == shard).isPresent());
    }

    /// What one part is told must not depend on another.
    private static void requireSeparate(PendingAppend last, List<EndTransaction> ended) {
        Set<Long> producers = new HashSet<>();
        for (BatchView batch : last.batches()) {
            if (batch.producerId() != NO_PRODUCER_ID) {
                throw new IllegalArgumentException(
                        "batch of producer %d together with markers: allowed is none"
                                .formatted(batch.producerId()));
            }
        }
        for (EndTransaction end : ended) {
            if (!producers.add(end.producerId())) {
                throw new IllegalArgumentException(
                        "producer %d ends twice in one append".formatted(end.producerId()));
            }
        }
    }
}
